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
    attach_function :aura_audit_logs_next_page_start, [:pointer, :pointer, :pointer], :int
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

    # Ruby's own functions, which C gets to ask whether anything wants to interrupt a thread.
    module VM
      extend FFI::Library

      ffi_lib FFI::CURRENT_PROCESS
      begin
        attach_function :rb_thread_current, [], :pointer
        # Takes a thread and runs no Ruby; it may be called without Ruby's lock.
        INTERRUPTED = ffi_libraries.first.find_function('rb_thread_interrupted')
      rescue FFI::NotFoundError
        INTERRUPTED = nil
      end
    end

    # The places for a call's results: first its JSON or handle, then its error.
    class Places
      MOST_IDLE = 64
      private_constant :MOST_IDLE

      @idle = []

      # Yields places that nobody else has; what is left in them is freed. New ones would take longer than a call
      # into C.
      def self.lend
        places = @idle.pop || new
        begin
          yield places
        ensure
          places.clear
          @idle.push(places) if @idle.size < MOST_IDLE
        end
      end

      attr_reader :result, :error

      def initialize
        @result = FFI::MemoryPointer.new(:pointer)
        @error = FFI::MemoryPointer.new(:pointer)
      end

      # The text in the place for the result, nil if there is none; it is taken out and freed.
      def take_text
        pointer = @result.read_pointer
        return if pointer.null?

        @result.write_pointer(nil)
        Native.text_at(pointer)
      end

      # The exception for the error in its place, which is taken out and freed.
      def take_error
        pointer = @error.read_pointer
        @error.write_pointer(nil)
        json = Native.aura_error_json(pointer).force_encoding(Encoding::UTF_8)
        Native.aura_error_free(pointer)
        Error.from_json(json)
      end

      # Frees what nobody took: a text, and an error.
      def clear
        free(@result) { |text| Native.aura_string_free(text) }
        free(@error) { |error| Native.aura_error_free(error) }
      end

      private

      def free(place)
        pointer = place.read_pointer
        return if pointer.null?

        place.write_pointer(nil)
        yield pointer
      end
    end

    # The owner of a handle: frees it once, by hand or when it is collected.
    class Handle < FFI::AutoPointer
      # A class for the handles that the function +name+ frees.
      def self.freed_by(name)
        Class.new(self) { define_singleton_method(:release) { |pointer| Native.public_send(name, pointer) } }
      end
    end

    ClientHandle = Handle.freed_by(:aura_client_free)
    LogsHandle = Handle.freed_by(:aura_audit_logs_free)
    CallHandle = Handle.freed_by(:aura_call_free)
    QueueHandle = Handle.freed_by(:aura_completions_free)

    # The text of a C string, which is freed.
    def self.text_at(pointer)
      text = pointer.read_string.force_encoding(Encoding::UTF_8).freeze
      aura_string_free(pointer)
      text
    end
  end
end
