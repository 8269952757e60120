# frozen_string_literal: true

require 'json'
require 'logger'
require 'minitest/autorun'
require 'minitest/mock'
require 'net/http'
require 'socket'
require 'timeout'
require 'aura_users'

# Ruby before 3.3 keeps the native thread of an ended thread for 3 s. If that ends while the process exits, ffi's
# cleanup can crash (https://bugs.ruby-lang.org/issues/19580). The tests end many threads.
Minitest.after_run do
  if RUBY_VERSION < '3.3' && Process.pid == Servers::MAIN
    (Thread.list - [Thread.current]).each(&:kill).each(&:join)
    sleep 3.5
  end
end

# The sandbox that the tests share, and servers that do not answer.
module Servers
  # A sandbox, which ends when its standard input closes.
  class Sandbox
    KEY = 'key-of-eric'
    ROWS = 250

    attr_reader :api_url, :pid

    def initialize
      input, @hold = IO.pipe
      output, out = IO.pipe
      @pid = spawn(ENV.fetch('AURA_SANDBOX_BIN'), '--profile', 'legacy', in: input, out: out)
      [input, out].each(&:close)
      ready = JSON.parse(output.gets)
      @api_url, @admin_url, @admin_token = ready.values_at('api_url', 'admin_url', 'admin_token')
      add_eric
    end

    def admin(path, body)
      headers = { 'Authorization' => "Bearer #{@admin_token}", 'Content-Type' => 'application/json' }
      reply = Net::HTTP.post(URI(@admin_url + path), JSON.generate(body), headers)
      raise reply.body unless reply.is_a?(Net::HTTPSuccess)

      JSON.parse(reply.body)
    end

    def stop
      return unless @hold

      @hold.close
      @hold = nil
      Process.wait(@pid)
    end

    private

    def add_eric
      admin('/users', username: 'eric', full_name: 'Éric', emails: [['eric@example.com', true, true, true]],
                      handles: { github: 'ericmj' }, packages: %w[ecto decimal])
      admin('/keys', username: 'eric', secret: KEY)
      admin('/audit-logs', username: 'eric', count: ROWS)
    end
  end

  class << self
    def sandbox
      @sandbox ||= Sandbox.new.tap { |sandbox| Minitest.after_run { sandbox.stop if Process.pid == MAIN } }
    end

    # The URL of a server that takes connections and never answers.
    def silent_url
      @silent ||= TCPServer.new('127.0.0.1', 0)
      "http://127.0.0.1:#{@silent.addr[1]}/api"
    end
  end
  MAIN = Process.pid
end

# What every test has.
class AuraTest < Minitest::Test
  # How long a test may hang, in seconds.
  PATIENCE = 300

  def sandbox
    Servers.sandbox
  end

  def client(**options)
    AuraUsers::Client.new(repo_url: sandbox.api_url, api_key: Servers::Sandbox::KEY, **options)
  end

  # A client without a key: what it does stands in no audit log.
  def anonymous
    AuraUsers::Client.new(repo_url: sandbox.api_url)
  end

  def silent_client
    AuraUsers::Client.new(repo_url: Servers.silent_url, max_retries: 0)
  end

  # Waits until another thread waits in a call.
  def wait_until_asleep(thread)
    Timeout.timeout(PATIENCE) { sleep 0.01 until thread.stop? }
    sleep 0.1
  end

  # Runs a program with the gem, and returns what it prints and its exit status.
  def run_ruby(program, *arguments)
    command = [RbConfig.ruby, *$LOAD_PATH.flat_map { |path| ['-I', path] }, '-raura_users', '-e', program, *arguments]
    IO.popen(command, err: %i[child out]) { |io| Timeout.timeout(PATIENCE) { io.read } }.then { |text| [text, $?] }
  end
end
