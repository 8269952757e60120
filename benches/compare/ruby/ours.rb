# frozen_string_literal: true

# Ours in Ruby.

require 'aura_users'
require_relative 'bench'

client = AuraUsers::Client.new(repo_url: Bench::URL, api_key: 'key', env: false, **Bench::OPTIONS)
Bench.measure(
  user: ->(seen) { seen.checksum += client.get_user('orguser').username.length },
  stream: lambda do |seen|
    client.stream_audit_logs.each do |row|
      seen.checksum += row.action.length
      seen.rows += 1
    end
  end
)
