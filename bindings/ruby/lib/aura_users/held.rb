# frozen_string_literal: true

require_relative 'errors'

module AuraUsers
  # A handle that many threads use and one may close. It is freed when nobody uses it any more.
  #
  # @api private
  class Held
    def initialize(what, handle)
      @what = what
      @handle = handle
      @lock = Mutex.new
      @uses = 0
      @closed = false
    end

    # Yields the handle, which lives until the block has ended.
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
