# frozen_string_literal: true

require_relative 'audit_logs'
require_relative 'shared_handle'
require_relative 'options'
require_relative 'records'
require_relative 'version'
require_relative 'waiting'

module AuraUsers
  # A client has options, connections, and the server's last rate limit. Create one and keep it, because it uses its
  # connections again. Many threads and fibers may use one at once, and so may a forked child.
  #
  # Each method takes the options of OPTIONS as keywords. Precedence: call, client, environment, default. nil means not
  # set.
  class Client
    NAME = "aura_users gem/#{VERSION} #{RUBY_ENGINE}/#{RUBY_ENGINE_VERSION}".freeze
    private_constant :NAME

    # Creates a client, and closes it after the block. Without a block it returns the client.
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
      Log.follow
      handle = NativeOptions.with(NativeOptions.merge({ client_name: NAME }, options)) do |native|
        create(Native::ClientHandle) { |out| Native.aura_client_new(native, out.result, out.error) }
      end
      @client = SharedHandle.new('client', handle)
      @options = {}.freeze
    end

    # Returns a client that has other options. The two share their connections, and `close` closes both.
    def with_options(**options)
      NativeOptions.check_scope(options)
      NativeOptions.with(options) { nil }
      other = clone(freeze: false)
      other.instance_variable_set(:@options, NativeOptions.merge(@options, options).freeze)
      other
    end

    # Creates an account and returns its User; +emails+ is an Array of one address. If you create one on hex.pm, you
    # accept its terms of service, https://hex.pm/policies/termsofservice.
    def create_user(username, password, emails, **options)
      username = Text.encode('username', username)
      password = Text.encode('password', password)
      emails = Text.encode_all('emails', emails)
      # This variable keeps the texts alive until C has copied them.
      texts = emails.map { |email| FFI::MemoryPointer.from_string(email) }
      addresses = FFI::MemoryPointer.new(:pointer, [texts.size, 1].max).write_array_of_pointer(texts)
      User.new(run(:aura_create_user_start, options, username, password, addresses, texts.size))
    end

    # Returns the User that owns the credential.
    def get_current_user(**options)
      User.new(read(:aura_get_current_user, options))
    end

    # Returns a user's public record.
    def get_user(username_or_email, **options)
      User.new(read(:aura_get_user, options, Text.encode('username_or_email', username_or_email)))
    end

    # Asks the server to send an e-mail for a new password. Returns nil.
    def reset_user_password(username_or_email, **options)
      run(:aura_reset_user_password_start, options, Text.encode('username_or_email', username_or_email))
      nil
    end

    # Returns the audit log of the credential's user, an AuditLogs. The first read sends the first request.
    def stream_audit_logs(**options)
      handle = with_native(options) do |native|
        create(Native::LogsHandle) do |out|
          @client.use { |client| Native.aura_stream_audit_logs(client, native, out.result, out.error) }
        end
      end
      AuditLogs.new(handle)
    end

    # Returns the last rate limit that the server sent, a RateLimit, or nil. It sends no request.
    def rate_limit(**options)
      json = JSON.parse(with_native(options) { |native| call(:aura_client_rate_limit, native) }) or return
      RateLimit.new(json['limit'], json['remaining'], json['resets_in_ms'] / 1000.0)
    end

    # Closes the client. Running calls and streams continue.
    def close
      @client.close
      nil
    end

    def closed?
      @client.closed?
    end

    # It shows no options, because they may be secrets.
    def inspect
      "#<#{self.class}#{' closed' if closed?}>"
    end

    private

    # Runs a call that is safe to repeat, and returns its JSON.
    def read(function, options, *arguments)
      options = merge(options)
      unless Waiting.may_block?
        return NativeOptions.with(options) { |native| start_and_wait(:"#{function}_start", native, arguments) }
      end

      Waiting.with_options(options) do |native|
        run_blocking(function, native, arguments) || start_and_wait(:"#{function}_start", native, arguments)
      end
    end

    # Runs a call with the function that starts it, and returns its JSON.
    def run(function, options, *arguments)
      with_native(options) { |native| start_and_wait(function, native, arguments) }
    end

    def start_and_wait(function, native, arguments)
      Waiting.run do |out|
        @client.use { |client| Native.public_send(function, client, *arguments, native, out.result, out.error) }
      end
    ensure
      Log.deliver
    end

    # Runs a call with the blocking function, and returns its JSON; nil if an interrupt ended it.
    def run_blocking(function, native, arguments)
      call(function, native, arguments, ignored: Native::AURA_CANCELLED)
    ensure
      Log.deliver
    end

    # Calls a function and returns its JSON; nil if it returns the status +ignored+. Raises its error.
    def call(function, native, arguments = [], ignored: nil)
      Native::OutParameters.lend do |out|
        status = @client.use do |client|
          Native.public_send(function, client, *arguments, native, out.result, out.error)
        end
        next out.take_text if status == Native::AURA_OK
        raise out.take_error unless status == ignored

        out.clear
      end
    end

    def create(type, &block)
      Native.uninterrupted { Native.create(type, &block) }
    end

    def with_native(options, &block)
      NativeOptions.with(merge(options), &block)
    end

    # The options of a call, with those of the client.
    def merge(options)
      NativeOptions.check_scope(options)
      Log.follow
      NativeOptions.merge(@options, options)
    end
  end
end
