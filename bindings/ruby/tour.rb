# frozen_string_literal: true

# A tour of the five functions, in Ruby. examples/tour.c is the same in C.
#
#     gem install aura_users
#     TOUR_PASSWORD=... ruby tour.rb REPO_URL USERNAME EMAIL
#
# It creates an account and does not delete it. Try it on a server of your own, such as aura-sandbox.

require 'aura_users'

def make_account(client, username, password, email)
  user = client.create_user(username, password, [email])
  puts "create_user: #{user.raw_json}"

  user = client.get_user(username)
  puts "get_user: #{user.raw_json}"

  # The server rejects a second account with this name.
  client.create_user(username, password, [email])
rescue AuraUsers::ValidationError => e
  puts "create_user again: #{e.message}"
end

# Asks the user to create a key on the server's web site, and reads it.
def ask_for_key(email)
  print "Follow the link in the mail to #{email}, make an API key, and paste it here: "
  key = $stdin.gets.to_s.chomp
  puts
  key
end

def reset_password(client, username)
  client.reset_user_password(username)
  puts 'reset_user_password: a mail is on its way'
rescue AuraUsers::UnsupportedError => e
  puts "reset_user_password: #{e.message}"
end

def read_audit_log(client)
  actions = client.stream_audit_logs.map(&:action).tally
  puts "stream_audit_logs: #{actions.values.sum} rows"
  actions.sort_by { |action, rows| [-rows, action] }.each { |action, rows| puts "#{rows.to_s.rjust(6)} #{action}" }
end

$stdout.sync = true
password = ENV.fetch('TOUR_PASSWORD', nil)
abort 'usage: TOUR_PASSWORD=... ruby tour.rb REPO_URL USERNAME EMAIL' unless ARGV.size == 3 && password
repo_url, username, email = ARGV
begin
  make_account(AuraUsers::Client.new(repo_url: repo_url), username, password, email)

  # This client uses the key of the new account.
  client = AuraUsers::Client.new(repo_url: repo_url, api_key: ask_for_key(email))
  puts "get_current_user: #{client.get_current_user.raw_json}"
  reset_password(client, username)
  read_audit_log(client)
rescue AuraUsers::Error => e
  abort "tour: #{e.message}"
end
