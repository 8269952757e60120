# frozen_string_literal: true

require_relative 'errors'

module AuraUsers
  # A handle that many threads use, and any of them may close. It is freed when it is closed and its last use ends.
  #
  # @api private
  class SharedHandle
    def initialize(what, handle)
      @what = what
      @handle = handle
      @lock = Mutex.new
      @uses = 0
      @closed = false
    end

    # Yields the handle. It is not freed before the block ends.
    def use
      @lock.synchronize do
        raise InvalidArgumentError.because("the #{@what} is closed") if @closed

        @uses += 1
      end
      begin
        yield @handle
      ensure
        @lock.synchronize { @uses -= 1 }
        free if @closed
      end
    end

    def close
      @closed = true
      free
    end

    def closed?
      @closed
    end

    private

    def free
      handle = @lock.synchronize do
        next unless @uses.zero?

        old = @handle
        @handle = nil
        old
      end
      handle&.free
    end
  end
end
