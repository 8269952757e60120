# frozen_string_literal: true

require 'io/wait'
require_relative 'errors'
require_relative 'log'
require_relative 'native'

module AuraUsers
  # Waits for calls, so that Timeout, Thread#kill, Interrupt and Fiber schedulers work and other threads run on.
  #
  # There are two ways. A started call is waited for with IO#wait_readable on a queue's descriptor: that always works.
  # A blocking function without Ruby's lock takes half the CPU; it asks Ruby whether anything wants to interrupt the
  # thread. It is for calls that may be made again, and for threads without a Fiber scheduler.
  #
  # @api private
  class Waiting
    # Interrupts come while a call is waited for, and not while its handles change hands.
    NEVER = { Object => :never }.freeze
    # A queue is looked at so often, in seconds, even if its descriptor is silent: in the child of a handler that
    # forked.
    SLICE = 1
    MOST_IDLE = 64
    TOKENS = 8

    @idle = []
    @pid = Process.pid

    class << self
      # Whether this thread may wait within C.
      def may_block?
        Native::VM::INTERRUPTED && !Fiber.scheduler
      end

      # Has what blocks with these options end if something wants to interrupt this thread.
      def interruptible(native)
        thread = Native::VM.rb_thread_current
        Native.aura_options_set_interrupt(native, Native::VM::INTERRUPTED, thread, nil)
      end

      # Begins a call, waits for it, and returns its JSON; raises its error. The block gets the places for the call and
      # the error, and returns a status.
      def run(&start)
        call = nil
        begin
          Thread.handle_interrupt(NEVER) { call = begin_call(&start) }
          wait_for(call)
          Thread.handle_interrupt(NEVER) { result(call) }
        ensure
          call&.free
        end
      end

      # Begins a call and returns its handle.
      def begin_call
        places = Native::Places.new
        raise places.take_error unless yield(places.result, places.error) == Native::AURA_OK

        Native::CallHandle.new(places.result.read_pointer)
      end

      # Waits until a call has ended. If something interrupts this, the call goes on.
      def wait_for(call)
        waiting = idle.pop || new
        waiting.wait_for(call)
        # A queue whose wait was interrupted would get that call's token later: it is left to the collector.
        idle.push(waiting) if idle.size < MOST_IDLE
      end

      # The JSON of a call that has ended, nil if a stream is over; raises its error.
      def result(call)
        Native::Places.lend do |places|
          case Native.aura_call_wait(call, 0, places.result, places.error)
          when Native::AURA_OK then places.take_text
          when Native::AURA_END then nil
          else raise places.take_error
          end
        end
      end

      private

      # The queues that nobody waits in. A forked child makes its own.
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
      raise ConnectError, 'the process has no file descriptor left' if descriptor.negative?

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

      # The scheduler of async 1 has no other word for its task's timeout.
      @io.wait_readable || raise(TimeoutError, 'timeout: the Fiber scheduler ended the wait')
    end
  end
end
