# frozen_string_literal: true

require_relative 'helper'

# The audit log.
class StreamTest < AuraTest
  ROWS = Servers::Sandbox::ROWS

  def test_rows_in_order
    rows = client.stream_audit_logs.to_a
    assert_equal ROWS, rows.size
    assert_equal ROWS, rows.uniq.size
    assert_equal(rows.map { |row| JSON.parse(row.raw_json) }, rows.map(&:to_h))
    assert(rows.all? { |row| row.params.frozen? && row.action.is_a?(String) })
  end

  def test_pages_are_the_same_rows
    pages = client.stream_audit_logs.each_page.to_a
    assert_equal [100, 100, 50], pages.map(&:size)
    assert_equal client.stream_audit_logs.to_a, pages.flatten
  end

  def test_it_is_enumerable_and_keeps_its_place
    all = client.stream_audit_logs.to_a
    logs = client.stream_audit_logs
    assert_equal all[0, 3], logs.first(3)
    assert_equal all[3], logs.next
    assert_equal all[4, 2], logs.lazy.select { true }.first(2)
    assert_equal all[6], logs.each.next
    assert_equal 1, logs.page
    assert_equal all[7...100], logs.each_page.first
    assert_equal 2, logs.page
    assert_equal all[100..], logs.to_a
    assert_equal 3, logs.page
    assert_raises(StopIteration) { logs.next }
    assert_empty logs.to_a
  end

  def test_it_begins_at_a_page
    assert_equal 50, client.stream_audit_logs(page: 3).count
  end

  def test_an_error_keeps_the_place
    logs = client(prefetch: 0, max_retries: 0).stream_audit_logs
    rows = logs.first(100)
    sandbox.admin('/rules', path: '/api/users/me/audit-logs', times: 2, then: { reply: { status: 503 } })
    2.times { assert_raises(AuraUsers::ServerError) { logs.next } }
    assert_equal client.stream_audit_logs.to_a, rows + logs.to_a
  end

  def test_a_timeout_loses_no_row
    sandbox.admin('/rules', path: '/api/users/me/audit-logs', delay_ms: 1000, times: 2)
    logs = client(prefetch: 0).stream_audit_logs
    rows = []
    timeouts = 0
    begin
      # The timeout ends a wait, but not the block before it has stored its row.
      Timeout.timeout(0.1) { Thread.handle_interrupt(Object => :on_blocking) { logs.each { |row| rows << row } } }
    rescue Timeout::Error
      timeouts += 1
      retry if timeouts < 600
    end
    assert_operator timeouts, :>, 0
    assert_equal client.stream_audit_logs.to_a, rows
  end

  def test_an_interrupt_while_a_page_is_read_loses_no_row
    logs = client(prefetch: 0).stream_audit_logs
    rows = logs.first(100)
    AuraUsers::Page.stub(:new, ->(_text) { raise IOError }) { assert_raises(IOError) { logs.next } }
    assert_equal 2, logs.page
    assert_equal client.stream_audit_logs.to_a, rows + logs.to_a
  end

  def test_threads_take_turns
    logs = client.stream_audit_logs
    rows = Array.new(4) { Thread.new { logs.to_a } }.flat_map(&:value)
    assert_equal client.stream_audit_logs.to_a.map(&:raw_json).sort, rows.map(&:raw_json).sort
  end

  def test_a_closed_stream
    logs = client.stream_audit_logs
    logs.next
    logs.close
    assert logs.closed?
    assert_raises(AuraUsers::InvalidArgumentError) { logs.next }
  end

  def test_it_is_closed_while_a_thread_reads
    logs = silent_client.stream_audit_logs(api_key: 'k')
    readers = Array.new(3) { Thread.new { logs.to_a } }
    readers.each do |reader|
      reader.report_on_exception = false
      wait_until_asleep(reader)
    end
    logs.close
    readers.each do |reader|
      assert_raises(AuraUsers::InvalidArgumentError) { reader.join(PATIENCE) || flunk('the reader still waits') }
    end
    assert_raises(AuraUsers::InvalidArgumentError) { logs.next }
  end

  def test_the_page_of_a_row_that_was_not_returned
    logs = client(prefetch: 0).stream_audit_logs
    logs.first(100)
    AuraUsers::Waiting.stub(:wait_for, ->(_call) { raise Timeout::Error }) do
      assert_raises(Timeout::Error) { logs.next }
    end
    AuraUsers::Waiting.wait_for(logs.instance_variable_get(:@call))
    assert_equal 2, logs.page
    assert_equal 150, logs.to_a.size
  end

  def test_a_closed_stream_returns_none_of_its_rows
    logs = client.stream_audit_logs
    logs.next
    logs.close
    [-> { logs.next }, -> { logs.to_a }, -> { logs.each_page.to_a }, -> { logs.page }].each do |read|
      assert_match(/closed/, assert_raises(AuraUsers::InvalidArgumentError, &read).message)
    end
  end

  def test_the_json_of_rows_that_are_odd
    rows = ['{"action":"a","a":"x,]}\\"{[","b":[1,{"c":[]}]}', '{"action":"é\\u001e\"","é":"\\\\"}',
            %({"params":{"action":"x"} ,\n"action":""}), "{\"action\":\"d\",\"params\":#{'[' * 125}#{']' * 125}}"]
    actions = ['"a"', '"é\\u001e\""', '""', '"d"']
    all = AuraUsers::Page.new(actions.zip(rows).flatten.map { |text| "#{text}\x1E" }.join).rows
    assert_equal rows, all.map(&:raw_json)
    assert_equal rows.map { |row| JSON.parse(row, max_nesting: 200) }, all.map(&:to_h)
    assert_equal ['a', "é\x1E\"", '', 'd'], all.map(&:action)
    assert_equal([nil, nil, { 'action' => 'x' }], all.first(3).map(&:params))
    assert_equal ['a', "é\x1E\"", '', 'd'], all.map(&:action)
    assert_empty AuraUsers::Page.new('').rows
  end
end
