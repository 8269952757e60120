# frozen_string_literal: true

require_relative 'helper'
require 'objspace'

# Forks, exits, the collector, a server that dies, and the search for the library.
class ProcessesTest < AuraTest
  def child_status(&block)
    pid = fork do
      block.call
      exit!(0)
    rescue Exception => e # rubocop:disable Lint/RescueException -- the parent is told of anything
      warn e.full_message
      exit!(1)
    end
    Timeout.timeout(PATIENCE) { Process.wait2(pid).last.exitstatus }
  end

  def test_forks_amid_calls
    one = client
    reset = anonymous
    logs = one.stream_audit_logs
    first = logs.next
    busy = Array.new(4) { Thread.new { loop { one.get_user('eric'); one.stream_audit_logs.first } } }
    20.times do
      assert_equal(0, child_status do
        one.get_user('eric')
        reset.reset_user_password('eric')
        one.stream_audit_logs.count
        logs.next
      end)
    end
    assert client.stream_audit_logs.to_a == [first, *logs], 'the rows differ'
  ensure
    busy&.each(&:kill)&.each(&:join)
  end

  def test_an_exit_with_calls_under_way
    program = <<~RUBY
      client = AuraUsers::Client.new(repo_url: ARGV[0], max_retries: 0)
      2.times { Thread.new { client.get_user('eric') } }
      2.times { Thread.new { client.reset_user_password('rita') } }
      $logs = client.stream_audit_logs(api_key: 'k')
      Thread.new { $logs.next }
      at_exit { puts 'bye' }
      sleep 0.3
    RUBY
    text, status = run_ruby(program, Servers.silent_url)
    assert_equal ["bye\n", 0], [text, status.exitstatus]
  end

  def test_calls_at_exit
    text, = run_ruby("at_exit { puts AuraUsers.get_user('eric', repo_url: ARGV[0]).username }", sandbox.api_url)
    assert_equal "eric\n", text
  end

  def test_a_server_that_dies
    doomed = Servers::Sandbox.new
    one = AuraUsers::Client.new(repo_url: doomed.api_url, api_key: Servers::Sandbox::KEY, prefetch: 0, max_retries: 0)
    logs = one.stream_audit_logs
    rows = logs.first(100)
    Process.kill(:KILL, doomed.pid)
    doomed.stop
    2.times { assert_raises(AuraUsers::ConnectError) { logs.next } }
    assert_raises(AuraUsers::ConnectError) { one.get_user('eric') }
    assert_equal 100, rows.size
  end

  def test_under_the_collectors_stress
    one = client
    reset = anonymous
    GC.stress = true
    2.times do
      one.get_user('eric').packages
      assert_raises(AuraUsers::NotFoundError) { one.get_user('nobody') }
      reset.reset_user_password('eric')
    end
    rows = client.stream_audit_logs(prefetch: 0).first(10)
    AuraUsers::Client.new(repo_url: sandbox.api_url).stream_audit_logs
    GC.stress = false
    assert_equal client.stream_audit_logs.first(10), rows
  ensure
    GC.stress = false
  end

  def test_many_calls_and_rows_do_not_grow
    program = <<~RUBY
      def resident = File.read('/proc/self/statm').split[1].to_i * 4
      def used = [resident, Dir.children('/proc/self/fd').size]
      client = AuraUsers::Client.new(repo_url: ARGV[0], api_key: 'key-of-many')
      work = lambda do |calls|
        calls.times { client.get_current_user }
        calls.times do
          client.get_user('..')
        rescue AuraUsers::InvalidArgumentError
          nil
        end
        client.stream_audit_logs.each(&:action)
        client.stream_audit_logs.first(1)
        GC.start
      end
      2.times { work.(2_000) }
      least = [Float::INFINITY]
      # Ruby may enlarge its heap in any round. What calls leave behind grows in every round.
      5.times do
        before = used
        work.(10_000)
        least = [least, used.zip(before).map { |now, old| now - old }].min
        break if least[0] < 8192
      end
      puts least.inspect
    RUBY
    sandbox.admin('/users', username: 'many', emails: [['many@example.com', true, true, true]])
    sandbox.admin('/keys', username: 'many', secret: 'key-of-many')
    sandbox.admin('/audit-logs', username: 'many', count: 20_000)
    text, = run_ruby(program, sandbox.api_url)
    grown, opened = JSON.parse(text)
    assert_operator grown, :<, 8192, 'kB'
    assert_operator opened, :<=, 4
  end

  def test_where_the_library_is_looked_for
    { '/nowhere/libaura_users.so' => 'AURA_USERS_LIBRARY is "/nowhere/libaura_users.so"',
      __FILE__ => 'it cannot be loaded', '' => 'Looked at: AURA_USERS_LIBRARY (not set)' }.each do |path, words|
      old = ENV.fetch('AURA_USERS_LIBRARY')
      ENV['AURA_USERS_LIBRARY'] = path
      text, status = run_ruby('puts AuraUsers::VERSION')
      next skip('a library is installed') if path.empty? && status.success?

      refute status.success?
      assert_includes text, words
      assert_includes text, 'AuraUsers::LibraryNotFoundError'
    ensure
      ENV['AURA_USERS_LIBRARY'] = old
    end
  end
end
