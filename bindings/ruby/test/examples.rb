# frozen_string_literal: true

# Runs the examples of the README and the tour on a sandbox, and plays the person whom the tour asks for a key:
#
#     ruby test/examples.rb README.md tour.rb

require 'json'
require 'net/http'
require 'open3'
require 'rbconfig'
require 'timeout'

PATIENCE = 300
EXPECTED = [/\Aericmj\nEric/, /\Aericmj: \["ecto"\]\nkey\.generate \{/, /\Acreated newcomer\n\z/].freeze

def expect(condition, what)
  abort "examples: #{what}" unless condition
end

def admin(path, body)
  headers = { 'Authorization' => "Bearer #{READY['admin_token']}", 'Content-Type' => 'application/json' }
  body &&= JSON.generate(body)
  uri = URI(READY['admin_url'] + path)
  reply = body ? Net::HTTP.post(uri, body, headers) : Net::HTTP.get_response(uri, headers)
  expect reply.is_a?(Net::HTTPSuccess), reply.body
  JSON.parse(reply.body)
end

def run_readme(path)
  admin('/users', username: 'ericmj', full_name: 'Eric', packages: ['ecto'],
                  emails: [['e@example.com', true, true, true]])
  admin('/keys', username: 'ericmj', secret: 'key')
  admin('/audit-logs', username: 'ericmj', count: 120)
  blocks = File.read(path).scan(/^```ruby\n(.*?)^```/m).flatten
  expect blocks.size == EXPECTED.size, "#{path} has #{blocks.size} examples"
  blocks.zip(EXPECTED) do |block, expected|
    environment = { 'HEX_API_URL' => READY['api_url'], 'HEX_API_KEY' => 'key' }
    output, status = Open3.capture2e(environment, RbConfig.ruby, '-w', stdin_data: block)
    expect status.success? && output.match?(expected), "this example gave #{output.inspect}:\n#{block}"
  end
end

# What the tour asks its reader to do on the server's web site; returns the key.
def play_the_person(email)
  mail = admin('/mailbox', nil).find { |one| one['to'] == email && one['kind'] == 'email-verification' }
  Net::HTTP.get(URI(mail['link']))
  admin('/audit-logs', username: 'ruby', count: 230)
  admin('/keys', username: 'ruby', secret: 'tour-key')['secret']
end

def run_tour(path)
  email = 'ruby@example.com'
  environment = { 'TOUR_PASSWORD' => 'a password for the tour' }
  command = [environment, RbConfig.ruby, '-w', path, READY['api_url'], 'ruby', email]
  output = +''
  status = Open3.popen2e(*command) do |input, out, thread|
    Timeout.timeout(PATIENCE) do
      output << out.readpartial(4096) until output.end_with?('paste it here: ')
      input.puts play_the_person(email)
      output << out.read
    end
    thread.value
  end
  expect status.success?, output
  ['"username":"ruby"', 'username has already been taken', 'get_current_user: {', 'a mail is on its way',
   '230 key.generate'].each { |words| expect output.include?(words), "the tour did not say #{words}:\n#{output}" }
end

output, out = IO.pipe
input, hold = IO.pipe
sandbox = spawn(ENV.fetch('AURA_SANDBOX_BIN'), '--profile', 'legacy', '--key-order', 'shuffled', in: input, out: out)
[input, out].each(&:close)
READY = JSON.parse(output.gets)
at_exit do
  hold.close
  Process.wait(sandbox)
end
run_readme(ARGV[0])
run_tour(ARGV[1])
puts 'all examples of the README and the tour did what they say'
