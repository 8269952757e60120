# frozen_string_literal: true

require_relative 'held'
require_relative 'native'
require_relative 'records'
require_relative 'waiting'

module AuraUsers
  # A stream of the rows of an audit log, newest first. It keeps its place: `each`, `next` and `each_page` go on where
  # the last of them stopped, also after an error, a `break`, a Timeout or an Interrupt. Threads take turns.
  class AuditLogs
    include Enumerable

    # @api private
    def initialize(handle)
      @stream = Held.new('stream', handle)
      @turn = Mutex.new
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

    # The next row. Raises StopIteration after the last one, so that `loop` ends.
    def next
      read || raise(StopIteration, 'the audit log is over')
    end

    # The page that the next row is on, from 1 on: give it as the option `page` to go on another day.
    def page
      @rows.empty? ? native_page : @page
    end

    # Ends the stream and its requests.
    def close
      @stream.close
      @rows = []
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
      @turn.synchronize do
        fill if @rows.empty?
        @rows.shift
      end
    end

    def read_page
      @turn.synchronize do
        fill if @rows.empty?
        rows = @rows
        @rows = []
        rows unless rows.empty?
      end
    end

    # Gets the next page; after the last one there are no rows. If something interrupts this, the next turn goes on
    # where it stopped: no row is lost.
    def fill
      Log.follow
      page = native_page
      json = take_page
      @page = page
      @rows = json ? AuditLog.all(json) : []
    ensure
      Log.deliver
    end

    def native_page
      @stream.use { |stream| Native.aura_audit_logs_page(stream) }
    end

    # The JSON of the next page, nil if there is none.
    def take_page
      Thread.handle_interrupt(Waiting::NEVER) { @call ||= begin_page } unless @taken
      Waiting.wait_for(@call) unless @taken
      Thread.handle_interrupt(Waiting::NEVER) { @taken ||= [take_call] }
      (json,) = @taken
      @taken = nil
      json
    end

    def begin_page
      Waiting.begin_call do |place, error|
        @stream.use { |stream| Native.aura_audit_logs_next_page_start(stream, place, error) }
      end
    end

    def take_call
      call = @call
      @call = nil
      Waiting.result(call)
    ensure
      call&.free
    end
  end
end
