# frozen_string_literal: true

require_relative 'helper'
require 'pathname'
require 'uri'

# The options, and the tables that are generated from the library's description.
class OptionsTest < AuraTest
  DESCRIPTION = ENV.fetch('AURA_USERS_DESCRIPTION', nil)

  def refused(**options)
    assert_raises(AuraUsers::InvalidArgumentError) { AuraUsers::Client.new(**options) }.message
  end

  def test_an_unknown_option_gets_a_suggestion
    assert_includes refused(timout: 3), 'Did you mean `timeout`?'
    assert_includes refused(xyzzy: 3), 'The options are repo_url, api_key'
    refute_includes refused('0123456789abcdef': 'api_key'), '0123456789abcdef'
    error = assert_raises(AuraUsers::InvalidArgumentError) { client.get_user('eric', max_retry: 3) }
    assert_includes error.message, 'Did you mean `max_retries`?'
  end

  def test_an_unknown_option_that_is_nil_is_refused
    assert_includes refused(timout: nil), 'Did you mean `timeout`?'
    assert_raises(AuraUsers::InvalidArgumentError) { client.with_options(timout: nil) }
    assert_raises(AuraUsers::InvalidArgumentError) { client.get_user('eric', timout: nil) }
  end

  def test_values_of_a_wrong_type_or_size
    assert_includes refused(timeout: '3'), 'timeout is a String; allowed: seconds'
    assert_includes refused(timeout: 0), 'timeout is "0"'
    assert_includes refused(timeout: Float::NAN), 'timeout is "NaN"'
    assert_includes refused(page: 1.0), 'page is a Float; allowed: a whole number, at least 1'
    assert_includes refused(env: 'false'), 'env must be true or false, not a String'
    assert_includes refused(rate_limit: :maybe), 'rate_limit is "maybe"'
    assert_includes refused(api_key: 7), 'api_key must be a String, not an Integer'
    assert_includes refused(user_agent: "a\0b"), 'user_agent contains a NUL'
  end

  def test_values_of_rubys_types
    AuraUsers::Client.new(timeout: 1 / 3r, total_timeout: 10**7, connect_timeout: 1e-3, rate_limit: :error, cache: 3,
                          ca_file: Pathname('/nowhere.pem'), allow_insecure_http: true,
                          repo_url: URI(sandbox.api_url), proxy: nil)
  end

  def test_env_is_no_option_of_a_call
    error = assert_raises(AuraUsers::InvalidArgumentError) { client.get_user('eric', env: false) }
    assert_includes error.message, 'env is an option of a client, not of a call'
    assert_raises(AuraUsers::InvalidArgumentError) { client.with_options(env: false) }
  end

  def test_the_user_agent_names_the_gem
    sandbox.admin('/audit-logs', username: 'eric', count: 0)
    server = TCPServer.new('127.0.0.1', 0)
    caller = Thread.new { AuraUsers.get_user('eric', repo_url: "http://127.0.0.1:#{server.addr[1]}", max_retries: 0) }
    caller.report_on_exception = false
    socket = server.accept
    head = socket.gets("\r\n\r\n")
    assert_match(%r{^user-agent: aura-users/\S+ \(aura_users gem/#{AuraUsers::VERSION} ruby/\S+\)}i, head)
  ensure
    socket&.close
    server.close
    assert_raises(AuraUsers::ConnectError) { caller.value }
  end

  def test_the_readme_lists_every_option
    readme = File.read(File.expand_path('../README.md', __dir__))
    table = readme[/^\| option .*?\n\n/m]
    AuraUsers::OPTIONS.each_value do |option|
      [option.name, *option.environment].each { |name| assert_includes table, "`#{name}`" }
    end
  end

  def test_tables_are_those_of_the_description
    skip 'AURA_USERS_DESCRIPTION does not name aura_users.json' unless DESCRIPTION
    description = JSON.parse(File.read(DESCRIPTION))
    names = ->(list) { list.map { |one| one['name'] } }
    assert_equal names[description['options']], AuraUsers::OPTIONS.keys.map(&:name)
    described = description['options'].map { |one| one.values_at('type', 'default', 'scope') }
    assert_equal(described, AuraUsers::OPTIONS.values.map { |one| [one.type.name, one.default, one.scope.name] })
    assert_equal names[description['error_kinds']], AuraUsers::KINDS.keys
    assert_equal names[description['records']['user']], AuraUsers::User::NAMES
    assert_equal names[description['records']['audit_log']], AuraUsers::AuditLog::NAMES
    assert_equal names[description['records']['package']], AuraUsers::Package.members.map(&:name)
    assert_equal names[description['records']['organization']], AuraUsers::Organization.members.map(&:name)
  end
end
