# frozen_string_literal: true

require_relative 'aura_users/version'
require_relative 'aura_users/client'

# A client of the users API of Hex.pm and of every Hex-compatible server.
#
# The functions of this module share one client. To create a client of your own, use `AuraUsers::Client`.
module AuraUsers
  @lock = Mutex.new

  class << self
    # See Client#create_user.
    def create_user(username, password, emails, **options)
      with_client(options) { |client, rest| client.create_user(username, password, emails, **rest) }
    end

    # See Client#get_current_user.
    def get_current_user(**options)
      with_client(options) { |client, rest| client.get_current_user(**rest) }
    end

    # See Client#get_user.
    def get_user(username_or_email, **options)
      with_client(options) { |client, rest| client.get_user(username_or_email, **rest) }
    end

    # See Client#reset_user_password.
    def reset_user_password(username_or_email, **options)
      with_client(options) { |client, rest| client.reset_user_password(username_or_email, **rest) }
    end

    # See Client#stream_audit_logs.
    def stream_audit_logs(**options)
      with_client(options) { |client, rest| client.stream_audit_logs(**rest) }
    end

    # The Logger of the library. It gets the server's notices as warnings, and all requests at debug level. The
    # default logger writes warnings to $stderr.
    def logger
      Log.logger
    end

    # Sets the Logger. nil disables logging.
    def logger=(logger)
      Log.logger = logger
    end

    private

    def with_client(options)
      return Client.open(env: options[:env]) { |client| yield client, options.except(:env) } if options.key?(:env)

      yield shared_client, options
    end

    # If a variable has changed since the last call, this creates a new client.
    def shared_client
      environment = ENV.values_at(*VARIABLES)
      @lock.synchronize do
        unless environment == @environment
          @client = Client.new
          @environment = environment
        end
        @client
      end
    end
  end
end
