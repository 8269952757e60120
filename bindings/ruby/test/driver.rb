# frozen_string_literal: true

# What `aura-replay drive` feeds with the conformance cases, for Ruby:
#
#     aura-replay drive ruby -Ilib test/driver.rb

require 'json'
require 'logger'
require 'timeout'
require 'aura_users'

# Carries out the commands.
module Driver
  Cancelled = Class.new(StandardError)

  class << self
    def answer(command)
      lines = []
      log_into(lines) if command['log']
      result = AuraUsers::Client.open(**command['options'].transform_keys(&:to_sym)) do |client|
        command['times'] ? many(command, client) : once(command, client)
      end
      { id: command['id'], **result, log: lines }
    rescue AuraUsers::Error => e
      { id: command['id'], error: of(e) }
    ensure
      AuraUsers.logger = Logger.new(nil)
    end

    def once(command, client)
      return stream(command, client) if command['operation'] == 'stream_audit_logs'

      user = ended(command) { client.public_send(command['operation'], *arguments(command)) }
      user ? { ok: user.raw_json } : { ok_empty: true }
    rescue AuraUsers::Error => e
      { error: of(e) }
    rescue Timeout::Error, Cancelled => e
      { error: interrupted(e) }
    end

    private

    def arguments(command)
      command['args'].values_at('username_or_email', 'username', 'password', 'emails').compact
    end

    def of(error)
      error.to_h.slice(:kind, :status, :message, :errors, :request_id)
    end

    def interrupted(error)
      { kind: error.is_a?(Cancelled) ? 'cancelled' : 'timeout', message: error.message }
    end

    # Ends the block as the command says, the way Ruby ends anything.
    def ended(command, &block)
      if (after = command['deadline_ms'])
        Timeout.timeout(after / 1000.0, &block)
      elsif (after = command['cancel_after_ms'])
        Timeout.timeout(after / 1000.0, Cancelled, &block)
      else
        yield
      end
    end

    def stream(command, client)
      logs = client.stream_audit_logs
      answer = { ok_rows: [], errors: [] }
      begin
        ended(command) { logs.each { |log| answer[:ok_rows] << log.raw_json } }
      rescue AuraUsers::Error => e
        return answer.merge(error: of(e)) unless command['resume'] && answer[:errors].size < 10

        answer[:errors] << of(e)
        retry
      rescue Timeout::Error, Cancelled => e
        return { error: interrupted(e) }
      end
      answer
    end

    def many(command, client)
      kind = -> { once(command, client).dig(:error, :kind) || :ok }
      kinds = if command['at_once']
                Array.new(command['times']) { Thread.new(&kind) }.map(&:value)
              else
                Array.new(command['times']) { kind.call }
              end
      { outcomes: kinds.tally }
    end

    def log_into(lines)
      logger = Logger.new(nil, level: Logger::DEBUG)
      logger.define_singleton_method(:add) { |_level, text = nil, *| lines << text }
      AuraUsers.logger = logger
    end
  end
end

AuraUsers.logger = Logger.new(nil)
while (line = $stdin.gets)
  command = JSON.parse(line)
  # The child prints the answer that its parent waits for.
  child = command['fork'] ? fork : nil
  if child
    Process.wait(child)
    next
  end
  puts JSON.generate({ **Driver.answer(command), 'pid' => Process.pid })
  $stdout.flush
  exit!(0) if command['fork']
end
