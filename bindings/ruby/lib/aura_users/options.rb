# frozen_string_literal: true

require_relative 'errors'
require_relative 'native'
require_relative 'option_table'

module AuraUsers
  # Turns Ruby's values into the texts that C takes.
  #
  # @api private
  module Text
    class << self
      # +value+ as UTF-8 for C; raises InvalidArgumentError, which names the argument.
      def of(name, value)
        text = value.respond_to?(:to_str) ? value.to_str : refuse("#{name} is to be a String, not #{an(value)}")
        text = text.encode(Encoding::UTF_8) unless [Encoding::UTF_8, Encoding::BINARY].include?(text.encoding)
        refuse("#{name} contains a NUL") if text.b.include?("\0")
        text
      rescue EncodingError
        refuse("#{name} is not UTF-8 and cannot be made so")
      end

      # +values+, an Array of Strings, each as UTF-8 for C.
      def all_of(name, values)
        refuse("#{name} is to be an Array of Strings, not #{an(values)}") unless values.respond_to?(:to_ary)
        values.to_ary.map { |value| of(name, value) }
      end

      # The value of an option as text.
      def of_option(option, value)
        case option.type
        when :seconds, :whole then number(option, value)
        when :boolean then boolean(option.name, value)
        when :choice then of(option.name, value.is_a?(Symbol) ? value.name : value)
        when :path then of(option.name, value.respond_to?(:to_path) ? value.to_path : value)
        when :url then of(option.name, value.respond_to?(:to_str) ? value : value.to_s)
        else of(option.name, value)
        end
      end

      def refuse(message)
        raise InvalidArgumentError.because(message)
      end

      private

      def number(option, value)
        return value.to_s if value.is_a?(Integer)

        is_fine = option.type == :seconds && value.is_a?(Numeric) && value.real?
        is_fine ? value.to_f.to_s : refuse("#{option.name} is #{an(value)}; allowed: #{option.allowed}")
      end

      def boolean(name, value)
        [true, false].include?(value) ? value.to_s : refuse("#{name} is to be true or false, not #{an(value)}")
      end

      def an(value)
        value.nil? ? 'nil' : value.class.name.to_s.sub(/\A(?=[AEIOU])/, 'an ').sub(/\A(?!an )/, 'a ')
      end
    end
  end

  # The options of one call or client while C reads them.
  #
  # @api private
  module NativeOptions
    class << self
      # Yields a handle with these options, which lives until the block has ended.
      def with(options)
        handle = Native.aura_options_new
        begin
          options.each { |name, value| set(handle, name, value) unless value.nil? }
          yield handle
        ensure
          Native.aura_options_free(handle)
        end
      end

      # Raises InvalidArgumentError unless one call may have these options.
      def check(options)
        options.each_key do |name|
          Text.refuse("#{name} is an option of a client, not of a call") if OPTIONS[name]&.scope == :client
        end
        with(options) { nil }
      end

      private

      def set(handle, name, value)
        option = OPTIONS[name]
        # C refuses an unknown name, and suggests one. It repeats neither of the two if they may be secret.
        text = option ? Text.of_option(option, value) : Text.of('an option', value.to_s)
        places = Native::Places.new
        status = Native.aura_options_set(handle, Text.of("an option's name", name.to_s), text, places.error)
        raise places.take_error unless status == Native::AURA_OK
      end
    end
  end
end
