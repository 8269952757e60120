# frozen_string_literal: true

require_relative 'helper'

# A call under way stops nothing else, and everything that ends Ruby's calls ends it.
class InterruptsTest < AuraTest
  # Far below the timeout of a call, 15 s, and far above what it takes, 0.05 s.
  SOON = 12

  def took
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    yield
    Process.clock_gettime(Process::CLOCK_MONOTONIC) - start
  end

  # Each way of waiting: a read, a POST, a row.
  def each_call
    client = silent_client
    yield(-> { client.get_user('eric') })
    yield(-> { client.reset_user_password('eric') })
    yield(-> { client.stream_audit_logs(api_key: 'k').next })
  end

  def test_timeout
    each_call do |call|
      assert_operator took { assert_raises(Timeout::Error) { Timeout.timeout(0.2) { call.call } } }, :<, SOON
    end
  end

  # A thread keeps a handle that knows the thread's address. Compaction moves other objects.
  def test_timeout_after_compaction
    client = silent_client
    2.times do
      call = -> { Timeout.timeout(0.2) { client.get_user('eric') } }
      assert_operator took { assert_raises(Timeout::Error, &call) }, :<, SOON
      GC.compact
    end
  end

  def test_thread_kill
    each_call do |call|
      thread = Thread.new(&call)
      wait_until_asleep(thread)
      assert_operator took { thread.kill.join }, :<, SOON
    end
  end

  def test_thread_raise
    each_call do |call|
      thread = Thread.new(&call)
      thread.report_on_exception = false
      wait_until_asleep(thread)
      thread.raise(IOError, 'enough')
      assert_operator took { assert_equal('enough', assert_raises(IOError) { thread.value }.message) }, :<, SOON
    end
  end

  def test_an_interrupt_that_is_deferred_waits_for_the_calls_end
    sandbox.admin('/rules', path: '/api/users/eric', delay_ms: 2000, times: 2)
    name = nil
    raised = Queue.new
    thread = Thread.new do
      Thread.handle_interrupt(IOError => :never) do
        name = client.get_user('eric').username
        raised.pop
      end
    end
    thread.report_on_exception = false
    wait_until_asleep(thread)
    thread.raise(IOError)
    raised << true
    assert_raises(IOError) { thread.value }
    assert_equal 'eric', name
  end

  def test_signals
    ["client.get_user('eric')", "client.reset_user_password('eric')", "client.stream_audit_logs(api_key: 'k').next"]
      .each do |call|
      program = <<~RUBY
        client = AuraUsers::Client.new(repo_url: ARGV[0], max_retries: 0)
        handled = 0
        # A shell starts background jobs with SIGINT ignored.
        trap('INT', 'DEFAULT')
        trap('USR1') { handled += 1 }
        begin
          Thread.new do
            sleep 0.2
            Process.kill(:USR1, $$)
            # Of two signals that wait, Ruby handles SIGINT first.
            sleep 0.2 until handled == 1
            Process.kill(:INT, $$)
          end
          #{call}
        rescue Interrupt
          puts "interrupted \#{handled}"
        end
      RUBY
      assert_operator took { assert_equal "interrupted 1\n", run_ruby(program, Servers.silent_url).first }, :<, SOON
    end
  end

  def test_other_threads_run_on
    each_call do |call|
      # The other thread ends the call. Otherwise it would end with its own timeout.
      assert_raises(IOError) do
        main = Thread.current
        Thread.new { 100.times { sleep 0.001 }; main.raise(IOError) }
        call.call
      end
    end
  end

  def test_a_client_works_after_an_interrupt
    one = client
    sandbox.admin('/rules', path: '/api/users/eric', delay_ms: 3000, times: 1)
    assert_raises(Timeout::Error) { Timeout.timeout(0.1) { one.get_user('eric') } }
    20.times { assert_equal 'eric', one.get_user('eric').username }
  end

  def test_an_interrupt_does_not_free_a_handle_twice
    frees = 0
    raised = Queue.new
    native = AuraUsers::Native
    native.define_singleton_method(:free_slowly) do |_pointer|
      frees += 1
      raised.pop
    end
    handle = native::Handle.freed_by(:free_slowly).new(FFI::Pointer.new(1))
    thread = Thread.new { handle.free }
    thread.report_on_exception = false
    wait_until_asleep(thread)
    thread.raise(IOError)
    raised << true
    assert_raises(IOError) { thread.value }
    handle.free
    assert_equal 1, frees
  ensure
    native.singleton_class.remove_method(:free_slowly)
  end

  def test_a_thousand_calls_at_once
    one = client
    names = Array.new(1000) { Thread.new { one.get_current_user.username } }.map(&:value)
    assert_equal({ 'eric' => 1000 }, names.tally)
  end
end
