# frozen_string_literal: true

require_relative 'shared_handle'
require_relative 'native'
require_relative 'records'
require_relative 'waiting'

module AuraUsers
  # A stream of the rows of an audit log, newest first. It keeps its position: `each`, `next` and `each_page` continue
  # where the last of them stopped, also after an error, a `break`, a Timeout or an Interrupt. Threads take turns.
  class AuditLogs
    include Enumerable

    # @api private
    def initialize(handle)
      @stream = SharedHandle.new('stream', handle)
      @turn = Mutex.new
      @ending = Mutex.new
      @rows = []
    end

    # Yields each row; without a block it returns an Enumerator.
    def each
      return enum_for(:each) unless block_given?

      while (row = read)
        yield row
      end
      self
    end

    # Yields the same rows as Arrays, the rest of a page each; without a block it returns an Enumerator.
    def each_page
      return enum_for(:each_page) unless block_given?

      while (rows = read_page)
        yield rows
      end
      self
    end

    # Returns the next row. Raises StopIteration after the last one, which ends a `loop`.
    def next
      read || raise(StopIteration, 'the audit log is over')
    end

    # The page of the next row, counted from 1. To continue later, pass it as the option `page`.
    def page
      return @page unless @rows.empty? || closed?

      # The call may have its rows already.
      @taken ? @taken.last : (@call && @call_page) || native_page
    end

    # Closes the stream and ends its requests. A read that waits in another thread raises InvalidArgumentError.
    def close
      @stream.close
      @ending.synchronize { Native.aura_call_cancel(@call) if @call }
      nil
    end

    def closed?
      @stream.closed?
    end

    def inspect
      "#<#{self.class}#{' closed' if closed?}>"
    end

    private

    def read
      check_open
      # CRuby's lock lets one thread at a time take a row.
      @rows.shift || @turn.synchronize do
        fill if @rows.empty?
        @rows.shift
      end
    end

    def read_page
      check_open
      @turn.synchronize do
        fill if @rows.empty?
        rows = @rows
        @rows = []
        rows unless rows.empty?
      end
    end

    def check_open
      raise InvalidArgumentError.because('the stream is closed') if closed?
    end

    # Fills @rows with the next page; after the last page it stays empty. After an interrupt the next turn continues
    # with @call or @taken, so no row is lost.
    def fill
      Log.follow
      take_page until @taken
      text, page = @taken
      rows = text ? Page.new(text).rows : []
      Native.uninterrupted { @rows, @page, @taken = rows, page, nil } # rubocop:disable Style/ParallelAssignment
    ensure
      Log.deliver
    end

    def native_page
      @stream.use { |stream| Native.aura_audit_logs_page(stream) }
    end

    # Sets @taken to the text of the next page, nil after the last one, and its number.
    def take_page
      Native.uninterrupted { start_call } unless @call
      Waiting.wait_for(@call)
      Native.uninterrupted { end_call }
    rescue CancelledError
      check_open
      raise
    end

    def start_call
      @call_page = native_page
      @call = Native.create(Native::CallHandle) do |out|
        @stream.use { |stream| Native.aura_audit_logs_next_rows_start(stream, out.result, out.error) }
      end
      # Another thread may have closed the stream before it could see the call.
      Native.aura_call_cancel(@call) if closed?
    end

    def end_call
      call = @ending.synchronize { @call.tap { @call = nil } }
      @taken = [Waiting.result(call), @call_page]
    ensure
      call&.free
    end
  end
end
