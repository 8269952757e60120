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
    attach_function :aura_audit_logs_next_at_hand, [:pointer, :pointer, :pointer], :int
    attach_function :aura_audit_logs_next_page_start, [:pointer, :pointer, :pointer], :int
    attach_function :aura_audit_logs_next_start, [:pointer, :pointer, :pointer], :int
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
    attach_function :aura_get_current_user_start, [:pointer, :pointer, :pointer, :pointer], :int
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
    attach_function :aura_string_free, [:pointer], :void
    # end of generated: functions

    # generated: statuses
    AURA_OK = 0
    AURA_END = 1
    AURA_PENDING = 2
    # end of generated: statuses

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

    class << self
      # The text that a function wrote to +place+, as UTF-8; the C string is freed.
      def take_text(place)
        text_at(place.read_pointer)
      end

      # The text of a C string, which is freed.
      def text_at(pointer)
        text = pointer.read_string.force_encoding(Encoding::UTF_8)
        aura_string_free(pointer)
        text
      end

      # The exception for the error that a function wrote to +place+; the error is freed.
      def take_error(place)
        pointer = place.read_pointer
        json = aura_error_json(pointer).force_encoding(Encoding::UTF_8)
        aura_error_free(pointer)
        Error.from_json(json)
      end
    end
  end
end
