# frozen_string_literal: true

require_relative 'errors'

module AuraUsers
  # A handle that many threads use and one may close: no function begins with a freed handle.
  #
  # @api private
  class Held
    def initialize(what, handle)
      @what = what
      @handle = handle
      @lock = Mutex.new
    end

    # Yields the handle for functions that do not wait.
    def use
      @lock.synchronize do
        raise InvalidArgumentError.because("the #{@what} is closed") unless @handle

        yield @handle
      end
    end

    def close
      handle = @lock.synchronize do
        old = @handle
        @handle = nil
        old
      end
      handle&.free
    end

    def closed?
      @handle.nil?
    end
  end
end
