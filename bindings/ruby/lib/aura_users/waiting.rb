# frozen_string_literal: true

require 'io/wait'
require_relative 'errors'
require_relative 'log'
require_relative 'native'
require_relative 'options'

module AuraUsers
  # Waits for calls. Timeout, Thread#kill, Interrupt and Fiber schedulers work meanwhile, and other threads run.
  #
  # There are two ways. The general one starts a call, and waits with IO#wait_readable for the descriptor of a queue.
  # The other calls a blocking function without Ruby's lock, which takes half the CPU. The function asks Ruby whether
  # an interrupt waits for the thread. Use it only for calls that are safe to repeat, on threads without a Fiber
  # scheduler.
  #
  # @api private
  class Waiting
    # How often to look at a queue, in seconds, if its descriptor is not readable. In the child of a signal handler
    # that forked it never is.
    SLICE = 1
    MAX_IDLE = 64
    TOKENS = 8

    @idle = []
    @pid = Process.pid

    class << self
      # Whether this thread may wait in C.
      def may_block?
        Native::VM::INTERRUPTED && !Fiber.scheduler
      end

      # Yields a handle with these options. An interrupt of this thread ends a blocking function that gets it.
      def with_options(options, &block)
        return yield own_options if options.empty?

        NativeOptions.with(options) { |native| block.call(make_interruptible(native)) }
      end

      # Starts a call, waits for it, and returns its JSON; raises its error. The block is that of Native.create.
      def run(&start)
        call = nil
        begin
          Native.uninterrupted { call = Native.create(Native::CallHandle, &start) }
          wait_for(call)
          Native.uninterrupted { result(call) }
        ensure
          call&.free
        end
      end

      # Waits until a call has ended. An interrupt ends the wait, and the call continues.
      def wait_for(call)
        waiting = idle.pop || new
        waiting.wait_for(call)
        # After an interrupt the queue still gets the token of that call, so it is not used again.
        idle.push(waiting) if idle.size < MAX_IDLE
      end

      # Returns the JSON of a call that has ended, nil at the end of a stream; raises its error.
      def result(call)
        Native::OutParameters.lend do |out|
          case Native.aura_call_wait(call, 0, out.result, out.error)
          when Native::AURA_OK then out.take_text
          when Native::AURA_END then nil
          else raise out.take_error
          end
        end
      end

      private

      # A handle without options. Each thread keeps one, because most calls have no options.
      def own_options
        thread = Thread.current
        thread.thread_variable_get(:aura_users_options) ||
          thread.thread_variable_set(:aura_users_options, make_interruptible(new_options))
      end

      def new_options
        Native.uninterrupted { Native::OptionsHandle.new(Native.aura_options_new) }
      end

      def make_interruptible(options)
        thread = Native::VM.rb_thread_current
        Native.aura_options_set_interrupt(options, Native::VM::INTERRUPTED, thread, nil)
        options
      end

      # The queues that no thread uses. A forked child creates its own.
      def idle
        unless @pid == Process.pid
          @pid = Process.pid
          @idle = []
        end
        @idle
      end
    end

    def initialize
      @queue = Native::QueueHandle.new(Native.aura_completions_new)
      descriptor = Native.aura_completions_fd(@queue)
      raise ConnectError, 'connect: the process has no free file descriptor' if descriptor.negative?

      @io = IO.for_fd(descriptor, autoclose: false)
      @tokens = FFI::MemoryPointer.new(:uint64, TOKENS)
    end

    def wait_for(call)
      Native.aura_call_complete(call, @queue, 0, nil)
      loop do
        wait_readable
        Native.aura_completions_wait(@queue, 0, @tokens, TOKENS)
        break unless Native.aura_call_poll(call) == Native::AURA_PENDING
      end
    end

    private

    def wait_readable
      return @io.wait_readable(SLICE) unless Fiber.scheduler

      # If a timeout of the scheduler expires, async 1 returns nil here.
      @io.wait_readable || raise(TimeoutError, 'timeout: the Fiber scheduler ended the wait')
    end
  end
end
