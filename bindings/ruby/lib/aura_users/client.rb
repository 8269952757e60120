# frozen_string_literal: true

require_relative 'audit_logs'
require_relative 'held'
require_relative 'options'
require_relative 'records'
require_relative 'version'
require_relative 'waiting'

module AuraUsers
  # A client: options, connections, and what is known of the server's rate limit. Make one and keep it: connections
  # are kept alive between calls. Many threads and fibers may use one at once, and a forked child may go on with it.
  #
  # Each method takes the options of OPTIONS as keywords. A call's option wins over the client's, that over the
  # environment, that over the default. nil means not set.
  class Client
    NAME = "aura_users gem/#{VERSION} #{RUBY_ENGINE}/#{RUBY_ENGINE_VERSION}".freeze
    private_constant :NAME

    # Makes a client, which is closed when the block has ended.
    def self.open(**options)
      client = new(**options)
      return client unless block_given?

      begin
        yield client
      ensure
        client.close
      end
    end

    def initialize(**options)
      places = Native::Places.new
      Log.follow
      NativeOptions.with({ client_name: NAME }.merge(options.compact)) do |native|
        status = Native.aura_client_new(native, places.result, places.error)
        raise places.take_error unless status == Native::AURA_OK
      end
      @client = Held.new('client', Native::ClientHandle.new(places.result.read_pointer))
      @options = {}.freeze
    end

    # A client that shares the connections of this one and has other options.
    def with_options(**options)
      NativeOptions.check(options)
      other = clone
      other.instance_variable_set(:@options, @options.merge(options.compact).freeze)
      other
    end

    # Creates an account and returns its User; +emails+ is an Array of one address. If you create one on hex.pm, you
    # accept its terms of service, https://hex.pm/policies/termsofservice.
    def create_user(username, password, emails, **options)
      username = Text.of('username', username)
      password = Text.of('password', password)
      emails = Text.all_of('emails', emails)
      # The texts live until the call has begun, which copies them.
      texts = emails.map { |email| FFI::MemoryPointer.from_string(email) }
      addresses = FFI::MemoryPointer.new(:pointer, [texts.size, 1].max).write_array_of_pointer(texts)
      User.new(started(:aura_create_user_start, options, username, password, addresses, texts.size))
    end

    # The User that owns the credential.
    def get_current_user(**options)
      User.new(read(:aura_get_current_user, options))
    end

    # A user's public record.
    def get_user(username_or_email, **options)
      User.new(read(:aura_get_user, options, Text.of('username_or_email', username_or_email)))
    end

    # Has the server send an e-mail for a new password, if it offers resets. Returns nil.
    def reset_user_password(username_or_email, **options)
      started(:aura_reset_user_password_start, options, Text.of('username_or_email', username_or_email))
      nil
    end

    # The audit log of the credential's user, an AuditLogs. Nothing is sent before the first row is asked for.
    def stream_audit_logs(**options)
      AuditLogs.new(Native::LogsHandle.new(now(:aura_stream_audit_logs, options)))
    end

    # What the server last said of its rate limit, a RateLimit, or nil if nothing is known. Sends nothing.
    def rate_limit(**options)
      json = JSON.parse(Native.text_at(now(:aura_client_rate_limit, options))) or return
      RateLimit.new(json['limit'], json['remaining'], json['resets_in_ms'] / 1000.0)
    end

    # Closes the connections. Calls and streams that have begun go on.
    def close
      @client.close
      nil
    end

    def closed?
      @client.closed?
    end

    # Options may be secrets, so it shows none.
    def inspect
      "#<#{self.class}#{' closed' if closed?}>"
    end

    private

    # Runs a call that may be made again to its end, and returns its JSON.
    def read(function, options, *arguments)
      with_native(options) do |native|
        (blocking(function, native, arguments) if Waiting.may_block?) || start(:"#{function}_start", native, arguments)
      end
    end

    # Runs a call to its end by the function that starts it, and returns its JSON.
    def started(function, options, *arguments)
      with_native(options) { |native| start(function, native, arguments) }
    end

    def start(function, native, arguments)
      Waiting.run do |*places|
        @client.use do |client|
          Native.public_send(function, client, *arguments, native, *places)
        end
      end
    ensure
      Log.deliver
    end

    # The call's JSON by the function that blocks, nil if something interrupted it.
    def blocking(function, native, arguments)
      Waiting.interruptible(native)
      Native::Places.lend do |places|
        status = @client.use do |client|
          Native.public_send(function, client, *arguments, native, places.result, places.error)
        end
        next places.take_text if status == Native::AURA_OK
        raise places.take_error unless status == Native::AURA_CANCELLED
      end
    ensure
      Log.deliver
    end

    # What a function that does not wait writes to its place.
    def now(function, options)
      with_native(options) do |native|
        places = Native::Places.new
        status = @client.use { |client| Native.public_send(function, client, native, places.result, places.error) }
        raise places.take_error unless status == Native::AURA_OK

        places.result.read_pointer
      end
    end

    def with_native(options, &block)
      NativeOptions.check(options) unless options.empty?
      Log.follow
      NativeOptions.with(@options.empty? ? options : @options.merge(options.compact), &block)
    end
  end
end
