# frozen_string_literal: true

require 'json'
require 'logger'
require_relative 'native'
require_relative 'options'

module AuraUsers
  # Writes the C library's log lines to a Logger, at the end of each call and on its thread.
  #
  # @api private
  module Log
    MAX_LINES = 10_000
    LEVELS = { 'debug' => Logger::DEBUG, 'info' => Logger::INFO, 'warn' => Logger::WARN }.freeze

    @logger = Logger.new($stderr, level: Logger::WARN, progname: 'aura_users')

    class << self
      attr_reader :logger

      def logger=(logger)
        unless logger.nil? || (logger.respond_to?(:add) && logger.respond_to?(:level) && logger.level.is_a?(Integer))
          Text.refuse("logger must be a Logger or nil, not #{Text.describe(logger)}")
        end

        @logger = logger
        follow
      end

      # Lets C store the lines of the logger's level, which may change at any time.
      def follow
        level = @logger ? @logger.level : Logger::FATAL
        return if level == @level

        @level = level
        Native.aura_log_keep((level + 1).clamp(1, 3), wanted? ? MAX_LINES : 0)
      end

      # Writes the new lines to the logger. A logger may make calls: their lines follow with the next call's.
      def deliver
        return if !wanted? || Thread.current[:aura_users_is_delivering]

        json = Native::OutParameters.lend do |out|
          out.take_text if Native.aura_log_take(out.result, nil) == Native::AURA_OK
        end
        write(JSON.parse(json)) if json
      end

      private

      def wanted?
        @level && @level <= Logger::WARN
      end

      # Each line goes to the logger that is set at that time: another thread or the logger may replace it.
      def write(log)
        Thread.current[:aura_users_is_delivering] = true
        log['lines'].each { |line| @logger&.add(LEVELS.fetch(line['level'], Logger::INFO), line['text'], 'aura_users') }
        @logger&.warn('aura_users') { "#{log['dropped']} lines of the log were dropped" } if log['dropped'].positive?
      rescue StandardError, ScriptError => e # a NotImplementedError is a ScriptError
        warn "aura_users: the logger failed: #{e.message}"
      ensure
        Thread.current[:aura_users_is_delivering] = nil
      end
    end
  end
end
