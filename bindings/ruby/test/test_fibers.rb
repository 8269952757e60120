# frozen_string_literal: true

require_relative 'helper'
begin
  require 'async'
rescue LoadError
  nil
end

# With a Fiber scheduler many calls of one thread run at once.
class FibersTest < AuraTest
  def setup
    skip 'there is no gem async' unless defined?(Async)
  end

  def test_calls_run_at_once
    one = client
    sandbox.admin('/rules', path: '/api/users/eric', delay_ms: 1000, times: 20)
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    names = Async { |task| Array.new(20) { task.async { one.get_user('eric').username } }.map(&:wait) }.wait
    assert_equal ['eric'] * 20, names
    # One after the other they take twenty seconds.
    assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - start, :<, 15
  end

  def test_a_stream_and_a_timeout
    one = client
    silent = silent_client
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    result = Async do |task|
      rows = task.async { one.stream_audit_logs.count }
      assert_raises(Async::TimeoutError, AuraUsers::TimeoutError) { task.with_timeout(0.2) { silent.get_user('eric') } }
      stopped = task.async { silent.get_user('eric') }
      task.sleep(0.1)
      stopped.stop
      rows.wait
    end
    assert_equal Servers::Sandbox::ROWS, result.wait
    # The option timeout would end the calls after 15 seconds.
    assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - start, :<, 10
  end
end
