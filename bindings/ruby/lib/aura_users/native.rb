# frozen_string_literal: true

require 'ffi'
require_relative 'library'

module AuraUsers
  # The C library's functions, under their names in C.
  #
  # @api private
  module Native
    extend FFI::Library

    ffi_lib Library.path

    # generated: functions
    attach_function :aura_audit_logs_free, [:pointer], :void, blocking: true
    attach_function :aura_audit_logs_next_rows_start, [:pointer, :pointer, :pointer], :int
    attach_function :aura_audit_logs_page, [:pointer], :uint64
    attach_function :aura_call_cancel, [:pointer], :void
    attach_function :aura_call_complete, [:pointer, :pointer, :uint64, :pointer], :int
    attach_function :aura_call_free, [:pointer], :void, blocking: true
    attach_function :aura_call_poll, [:pointer], :int
    attach_function :aura_call_wait, [:pointer, :int64, :pointer, :pointer], :int
    attach_function :aura_client_free, [:pointer], :void, blocking: true
    attach_function :aura_client_new, [:pointer, :pointer, :pointer], :int
    attach_function :aura_client_rate_limit, [:pointer, :pointer, :pointer, :pointer], :int
    attach_function :aura_completions_fd, [:pointer], :int32
    attach_function :aura_completions_free, [:pointer], :void
    attach_function :aura_completions_new, [], :pointer
    attach_function :aura_completions_wait, [:pointer, :int64, :pointer, :size_t], :int32
    attach_function :aura_create_user_start,
                    [:pointer, :string, :string, :pointer, :size_t, :pointer, :pointer, :pointer], :int
    attach_function :aura_get_current_user, [:pointer, :pointer, :pointer, :pointer], :int, blocking: true
    attach_function :aura_get_current_user_start, [:pointer, :pointer, :pointer, :pointer], :int
    attach_function :aura_get_user, [:pointer, :string, :pointer, :pointer, :pointer], :int, blocking: true
    attach_function :aura_get_user_start, [:pointer, :string, :pointer, :pointer, :pointer], :int
    attach_function :aura_reset_user_password_start, [:pointer, :string, :pointer, :pointer, :pointer], :int
    attach_function :aura_stream_audit_logs, [:pointer, :pointer, :pointer, :pointer], :int
    attach_function :aura_error_free, [:pointer], :void
    attach_function :aura_error_json, [:pointer], :string
    attach_function :aura_log_keep, [:int, :size_t], :void
    attach_function :aura_log_take, [:pointer, :pointer], :int
    attach_function :aura_options_free, [:pointer], :void
    attach_function :aura_options_new, [], :pointer
    attach_function :aura_options_set, [:pointer, :string, :string, :pointer], :int
    attach_function :aura_options_set_interrupt, [:pointer, :pointer, :pointer, :pointer], :int
    attach_function :aura_string_free, [:pointer], :void
    # end of generated: functions

    # generated: statuses
    AURA_OK = 0
    AURA_END = 1
    AURA_PENDING = 2
    AURA_CANCELLED = 43
    # end of generated: statuses

    # Ruby's own functions. C asks them whether an interrupt waits for a thread.
    module VM
      extend FFI::Library

      ffi_lib FFI::CURRENT_PROCESS
      begin
        attach_function :rb_thread_current, [], :pointer
        # It runs no Ruby code, so C may call it without Ruby's lock.
        INTERRUPTED = ffi_libraries.first.find_function('rb_thread_interrupted')
      rescue FFI::NotFoundError
        INTERRUPTED = nil
      end
    end

    # The out-parameters of a function: `result` receives its JSON or its handle, `error` its error.
    class OutParameters
      MAX_IDLE = 64
      private_constant :MAX_IDLE

      @idle = []

      # Yields a pair, and returns the block's result. The block takes or clears what C puts into the pair. If the block
      # does not end, the rest is freed. Pairs are used again, because it takes longer to allocate one than to call C.
      def self.lend
        out = @idle.pop || new
        begin
          result = yield out
          is_empty = true
          result
        ensure
          out.clear unless is_empty
          @idle.push(out) if @idle.size < MAX_IDLE
        end
      end

      attr_reader :result, :error

      def initialize
        @result = FFI::MemoryPointer.new(:pointer)
        @error = FFI::MemoryPointer.new(:pointer)
      end

      # Takes the text out of `result`, frees it, and returns a copy; nil if there is none.
      def take_text
        pointer = @result.read_pointer
        return if pointer.null?

        @result.write_pointer(nil)
        Native.take_text_at(pointer)
      end

      # Takes the error out of `error`, frees it, and returns an exception.
      def take_error
        pointer = @error.read_pointer
        @error.write_pointer(nil)
        json = Native.aura_error_json(pointer).force_encoding(Encoding::UTF_8)
        Native.aura_error_free(pointer)
        Error.from_json(json)
      end

      # Frees the text and the error, if they were not taken. Returns nil.
      def clear
        free(@result) { |text| Native.aura_string_free(text) }
        free(@error) { |error| Native.aura_error_free(error) }
        nil
      end

      private

      def free(parameter)
        pointer = parameter.read_pointer
        return if pointer.null?

        parameter.write_pointer(nil)
        yield pointer
      end
    end

    # Runs the block. Timeout, Thread#raise and Thread#kill take effect after it.
    def self.uninterrupted(&block)
      Thread.handle_interrupt(Object => :never, &block)
    end

    # Owns a handle, and frees it once: with `free`, or when it is collected.
    class Handle < FFI::AutoPointer
      # Returns a class for the handles that the function +name+ frees.
      def self.freed_by(name)
        Class.new(self) { define_singleton_method(:release) { |pointer| Native.public_send(name, pointer) } }
      end

      # FFI notes only after the release that the handle is free. An interrupt between the two would free it twice.
      def free
        Native.uninterrupted { super }
      end
    end

    ClientHandle = Handle.freed_by(:aura_client_free)
    LogsHandle = Handle.freed_by(:aura_audit_logs_free)
    CallHandle = Handle.freed_by(:aura_call_free)
    QueueHandle = Handle.freed_by(:aura_completions_free)
    OptionsHandle = Handle.freed_by(:aura_options_free)

    # Creates a handle of this type; raises the error. The block passes the out-parameters to a function, and returns
    # its status.
    def self.create(type)
      out = OutParameters.new
      raise out.take_error unless yield(out) == AURA_OK

      type.new(out.result.read_pointer)
    end

    # Copies the text of a C string, and frees it.
    def self.take_text_at(pointer)
      text = pointer.read_string.force_encoding(Encoding::UTF_8).freeze
      aura_string_free(pointer)
      text
    end
  end
end
