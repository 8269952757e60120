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
      @json = FFI::MemoryPointer.new(:pointer)
      @error = FFI::MemoryPointer.new(:pointer)
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
      @stream.use { |stream| Native.aura_audit_logs_page(stream) }
    end

    # Ends the stream and its requests.
    def close
      @stream.close
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
      @turn.synchronize { take_row }
    end

    def read_page
      @turn.synchronize do
        number = page
        row = take_row or break
        rows = [row]
        while page == number && (row = row_at_hand)
          rows << row
        end
        rows
      end
    end

    def take_row
      row = nil
      row = row_at_hand unless @call || @taken
      row || row_waited_for
    end

    # The next row if nobody has to wait for it.
    def row_at_hand
      status = @stream.use { |stream| Native.aura_audit_logs_next_at_hand(stream, @json, @error) }
      return AuditLog.new(Native.take_text(@json)) if status == Native::AURA_OK

      raise Native.take_error(@error) unless status == Native::AURA_PENDING
    end

    # Waits for the next row; nil after the last one. If something interrupts this, the next turn goes on waiting for
    # the same call, so no row is lost.
    def row_waited_for
      Log.follow
      Thread.handle_interrupt(Waiting::NEVER) { @call ||= begin_next } unless @taken
      Waiting.wait_for(@call) unless @taken
      Thread.handle_interrupt(Waiting::NEVER) { @taken ||= [take_call] }
      (json,), @taken = @taken, nil
      json && AuditLog.new(json)
    ensure
      Log.deliver
    end

    def begin_next
      Waiting.begin_call do |place, error|
        @stream.use { |stream| Native.aura_audit_logs_next_start(stream, place, error) }
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
