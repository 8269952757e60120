# frozen_string_literal: true

require 'json'
require 'logger'
require_relative 'native'

module AuraUsers
  # Brings the C library's log lines to a Logger. They are fetched at the end of each call, by its thread.
  #
  # @api private
  module Log
    MOST = 10_000
    LEVELS = { 'debug' => Logger::DEBUG, 'info' => Logger::INFO, 'warn' => Logger::WARN }.freeze

    @logger = Logger.new($stderr, level: Logger::WARN, progname: 'aura_users')

    class << self
      attr_accessor :logger

      # Has C keep the lines that the logger wants, which may change at any time.
      def follow
        level = @logger ? @logger.level : Logger::FATAL
        return if level == @level

        @level = level
        Native.aura_log_keep((level + 1).clamp(1, 3), wanted? ? MOST : 0)
      end

      # Gives the lines that came meanwhile to the logger.
      def deliver
        return unless wanted?

        json = Native::Places.lend do |places|
          places.take_text if Native.aura_log_take(places.result, nil) == Native::AURA_OK
        end
        tell(JSON.parse(json)) if json
      end

      private

      def wanted?
        @level && @level <= Logger::WARN
      end

      def tell(log)
        logger = @logger or return
        log['lines'].each { |line| logger.add(LEVELS.fetch(line['level'], Logger::INFO), line['text'], 'aura_users') }
        logger.warn('aura_users') { "#{log['dropped']} lines of the log were dropped" } if log['dropped'].positive?
      rescue StandardError => e
        warn "aura_users: the logger failed: #{e.message}"
      end
    end
  end
end
