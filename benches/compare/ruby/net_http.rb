# frozen_string_literal: true

# The peer in Ruby: Net::HTTP with json, over one kept-alive connection.

require 'net/http'
require_relative 'bench'

base = URI(Bench::URL)
headers = { 'Accept' => 'application/json', 'Authorization' => 'key' }
Net::HTTP.start(base.host, base.port, nil) do |http|
  Bench.measure_peer do |path|
    reply = http.get(base.path + path, headers)
    raise "status #{reply.code}" unless reply.is_a?(Net::HTTPOK)

    JSON.parse(reply.body)
  end
end
