# frozen_string_literal: true

require_relative 'helper'

# The five functions, their arguments and their errors.
class CallsTest < AuraTest
  def test_a_public_record
    user = client.get_user('eric')
    assert_equal ['eric', 'Éric', %w[decimal ecto]], [user.username, user.full_name, user.packages.map(&:name).sort]
    assert_equal 'hexpm', user.packages.first.repository
    assert_kind_of Time, user.inserted_at
    assert user.inserted_at.utc?
    assert_equal({ 'GitHub' => 'https://github.com/ericmj' }, user.handles)
    assert_nil user.organizations
    assert_equal user.to_h, JSON.parse(user.raw_json)
  end

  def test_the_owner_of_the_key
    user = client.get_current_user
    assert_equal ['eric', []], [user.username, user.organizations]
  end

  def test_an_account_is_created_once
    user = client.create_user('newcomer', 'a long password', ['newcomer@example.com'])
    assert_equal 'newcomer', user.username
    error = assert_raises(AuraUsers::ValidationError) do
      client.create_user('newcomer', 'a long password', ['newcomer@example.com'])
    end
    assert_equal 'has already been taken', error.errors['username']
    assert_equal [:validation, 422, 'POST', '/users', 1, false],
                 [error.kind, error.status, error.http_method, error.route, error.attempts, error.outcome_unknown?]
    assert_includes error.message, error.server_message
  end

  def test_a_reset
    assert_nil anonymous.reset_user_password('eric')
  end

  def test_functions_of_the_module
    user = AuraUsers.get_user('eric', repo_url: sandbox.api_url)
    assert_equal 'eric', user.username
    rows = AuraUsers.stream_audit_logs(repo_url: sandbox.api_url, api_key: Servers::Sandbox::KEY, env: false)
    assert_equal Servers::Sandbox::ROWS, rows.count
    # The environment counts anew when it changes.
    ENV['HEX_API_URL'] = sandbox.api_url
    assert_equal 'eric', AuraUsers.get_user('eric').username
  ensure
    ENV.delete('HEX_API_URL')
  end

  def test_other_options_on_the_same_connections
    other = client.with_options(api_key: 'wrong', max_retries: 0)
    error = assert_raises(AuraUsers::AuthenticationError) { other.get_current_user }
    assert_equal [:unauthenticated, 401, 'invalid_credential'], [error.kind, error.status, error.reason]
    assert_equal 'eric', other.get_current_user(api_key: Servers::Sandbox::KEY).username
    refute_includes other.inspect + client.inspect, 'wrong'
    assert_equal 'eric', client.freeze.with_options(max_retries: 0).get_user('eric').username
  end

  def test_a_missing_user
    error = assert_raises(AuraUsers::NotFoundError) { client.get_user('nobody') }
    assert_kind_of AuraUsers::ApiError, error
    assert_equal error.to_h, Marshal.load(Marshal.dump(error)).to_h
    assert_equal 404, (error in { status: }) && status
  end

  def test_no_server
    error = assert_raises(AuraUsers::ConnectError) { client.get_user('eric', repo_url: 'http://127.0.0.1:1/api') }
    assert_nil error.status
    assert error.retryable?
  end

  def test_bad_arguments_are_named
    { "a\0b" => 'NUL', 7 => 'username_or_email must be a String, not an Integer', nil => 'nil',
      (+"\xff").force_encoding('UTF-8') => 'UTF-8' }.each do |name, words|
      error = assert_raises(AuraUsers::InvalidArgumentError) { client.get_user(name) }
      assert_includes error.message, words
      assert_equal [:invalid_argument, 0], [error.kind, error.attempts]
    end
    error = assert_raises(AuraUsers::InvalidArgumentError) { client.get_user(Class.new.new) }
    assert_includes error.message, 'not a #<Class:'
    error = assert_raises(AuraUsers::InvalidArgumentError) { client.create_user('a', 'b', 'c@example.com') }
    assert_includes error.message, 'emails must be an Array of Strings, not a String'
  end

  def test_texts_of_other_encodings
    assert_equal 'eric', client.get_user('eric'.encode('UTF-16LE')).username
    assert_equal 'eric', client.get_user('eric'.b).username
    assert_raises(AuraUsers::NotFoundError) { client.get_user('Éric'.encode('ISO-8859-1')) }
  end

  def test_a_closed_client
    closed = AuraUsers::Client.open(repo_url: sandbox.api_url) { |client| client }
    assert closed.closed?
    error = assert_raises(AuraUsers::InvalidArgumentError) { closed.get_user('eric') }
    assert_includes error.message, 'the client is closed'
    assert_nil closed.close
  end

  def test_the_rate_limit
    assert_nil client.rate_limit
  end

  def test_log_lines
    lines = StringIO.new
    old = AuraUsers.logger
    AuraUsers.logger = Logger.new(lines, level: Logger::DEBUG)
    client.get_user('eric')
    assert_includes lines.string, 'GET /users/{username_or_email}: request (attempt 1, status 200'
    lines.truncate(0)
    AuraUsers.logger.level = Logger::WARN
    client.get_user('eric')
    assert_empty lines.string
  ensure
    AuraUsers.logger = old
  end

  def test_a_wrong_logger_is_refused
    old = AuraUsers.logger
    [7, Struct.new(:level, :add).new(:debug), $stderr].each do |wrong|
      error = assert_raises(AuraUsers::InvalidArgumentError) { AuraUsers.logger = wrong }
      assert_includes error.message, 'logger must be a Logger or nil, not a'
      assert_same old, AuraUsers.logger
    end
    assert_equal 'eric', client.get_user('eric').username
  end

  def test_a_logger_that_makes_calls
    old = AuraUsers.logger
    calls = 0
    caller = client
    AuraUsers.logger = Logger.new(nil, level: Logger::DEBUG)
    AuraUsers.logger.define_singleton_method(:add) { |*| caller.get_user('eric') if (calls += 1) < 100 }
    assert_equal 'eric', client.get_user('eric').username
    assert_equal 1, calls
    client.get_user('eric')
    assert_equal 3, calls
  ensure
    AuraUsers.logger = old
  end

  def test_a_logger_that_is_replaced_gets_no_further_line
    old = AuraUsers.logger
    lines = StringIO.new
    [nil, Logger.new(lines, level: Logger::DEBUG)].each do |other|
      calls = 0
      AuraUsers.logger = Logger.new(nil, level: Logger::DEBUG)
      AuraUsers.logger.define_singleton_method(:add) do |*|
        calls += 1
        AuraUsers.logger = other
      end
      assert_raises(AuraUsers::ConnectError) { client(repo_url: 'http://127.0.0.1:1', max_retries: 1).get_user('eric') }
      assert_equal 1, calls
    end
    assert_includes lines.string, 'attempt 2'
  ensure
    AuraUsers.logger = old
  end

  def test_a_logger_that_fails
    old = AuraUsers.logger
    AuraUsers.logger = Logger.new(nil, level: Logger::DEBUG)
    [RuntimeError, NotImplementedError].each do |type|
      AuraUsers.logger.define_singleton_method(:add) { |*| raise type, 'full' }
      _, err = capture_io { assert_equal 'eric', client.get_user('eric').username }
      assert_includes err, 'full'
    end
  ensure
    AuraUsers.logger = old
  end
end
