# frozen_string_literal: true

require_relative 'errors'
require_relative 'native'
require_relative 'option_table'

module AuraUsers
  # Encodes Ruby's values as the texts that C takes.
  #
  # @api private
  module Text
    class << self
      # Returns +value+ as UTF-8. Raises InvalidArgumentError, which names the argument.
      def encode(name, value)
        text = value.respond_to?(:to_str) ? value.to_str : refuse("#{name} must be a String, not #{describe(value)}")
        text = text.encode(Encoding::UTF_8) unless [Encoding::UTF_8, Encoding::BINARY].include?(text.encoding)
        refuse("#{name} contains a NUL") if text.b.include?("\0")
        text
      rescue EncodingError
        refuse("#{name} cannot be converted to UTF-8")
      end

      # Returns an Array of Strings as UTF-8.
      def encode_all(name, values)
        refuse("#{name} must be an Array of Strings, not #{describe(values)}") unless values.respond_to?(:to_ary)
        values.to_ary.map { |value| encode(name, value) }
      end

      # Returns the value of an option as text.
      def encode_option(option, value)
        case option.type
        when :seconds, :whole then number(option, value)
        when :boolean then boolean(option.name, value)
        when :choice then encode(option.name, value.is_a?(Symbol) ? value.name : value)
        when :path then encode(option.name, value.respond_to?(:to_path) ? value.to_path : value)
        when :url then encode(option.name, value.respond_to?(:to_str) ? value : value.to_s)
        else encode(option.name, value)
        end
      end

      def refuse(message)
        raise InvalidArgumentError.because(message)
      end

      # Names the class of a value: "a String", "an Array" or "nil".
      def describe(value)
        value.nil? ? 'nil' : value.class.to_s.sub(/\A(?=[AEIOU])/, 'an ').sub(/\A(?!an )/, 'a ')
      end

      private

      def number(option, value)
        return value.to_s if value.is_a?(Integer)

        is_fine = option.type == :seconds && value.is_a?(Numeric) && value.real?
        is_fine ? value.to_f.to_s : refuse("#{option.name} is #{describe(value)}; allowed: #{option.allowed}")
      end

      def boolean(name, value)
        [true, false].include?(value) ? value.to_s : refuse("#{name} must be true or false, not #{describe(value)}")
      end
    end
  end

  # The options of a call or a client as a handle of C.
  #
  # @api private
  module NativeOptions
    class << self
      # Yields a handle with these options, and frees it after the block.
      def with(options)
        handle = Native.aura_options_new
        begin
          options.each { |name, value| set(handle, name, value) unless value.nil? && OPTIONS.key?(name) }
          yield handle
        ensure
          Native.aura_options_free(handle)
        end
      end

      # Raises InvalidArgumentError for an option that a call cannot set.
      def check_scope(options)
        options.each_key do |name|
          Text.refuse("#{name} is an option of a client, not of a call") if OPTIONS[name]&.scope == :client
        end
      end

      # Returns +options+ with +more+ in addition. A nil there changes nothing.
      def merge(options, more)
        return more if options.empty?

        options.merge(more) { |_name, old, new| new.nil? ? old : new }
      end

      private

      def set(handle, name, value)
        option = OPTIONS[name]
        # C refuses an unknown name, and suggests one. It does not repeat a name or a value that may be a secret.
        text = option ? Text.encode_option(option, value) : Text.encode('an option', value.to_s)
        out = Native::OutParameters.new
        status = Native.aura_options_set(handle, Text.encode("an option's name", name.to_s), text, out.error)
        raise out.take_error unless status == Native::AURA_OK
      end
    end
  end
end
