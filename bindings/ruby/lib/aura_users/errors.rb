# frozen_string_literal: true

require 'json'

module AuraUsers
  # An error of this library. Its text contains what to do next, and no secret, name or address, except for what the
  # server's own message repeats.
  class Error < StandardError
    # The kind of the error, such as `:not_found`. It is the same in every language of this library.
    attr_reader :kind
    # The server's own message if it sent one, otherwise the library's. `message` is the whole text.
    attr_reader :server_message
    # What to do next, if the library knows more than the message.
    attr_reader :hint
    # Why the server rejected a credential or an account, such as `revoked_credential`.
    attr_reader :reason
    # The HTTP status, if a reply arrived.
    attr_reader :status
    # The fields that the server rejected, and why: a Hash, nested as the server sent it.
    attr_reader :errors
    # The x-request-id of the reply.
    attr_reader :request_id
    # How many seconds the server asks you to wait.
    attr_reader :retry_after
    # How many times the request was sent.
    attr_reader :attempts
    # The request's method. (`method` is Object's own.)
    attr_reader :http_method
    # The request's route without its parameters: `/users/{username_or_email}`.
    attr_reader :route

    # Creates an error from the members of its JSON.
    def initialize(message = nil, **fields)
      super(message || fields[:text])
      @kind = fields.fetch(:kind, KINDS.key(self.class) || 'internal').to_sym
      @server_message = fields.fetch(:message, message)
      @hint, @reason, @status, @errors = fields.values_at(:hint, :reason, :status, :errors)
      @request_id, @http_method, @route = fields.values_at(:request_id, :method, :route)
      @retry_after = fields[:retry_after_ms]&.fdiv(1000)
      @attempts = fields.fetch(:attempts, 0)
      @outcome_unknown = fields.fetch(:outcome_unknown, false)
      @retryable = fields.fetch(:retryable, false)
    end

    # Whether the server may have completed the request. If so, check before you repeat the call.
    def outcome_unknown?
      @outcome_unknown
    end

    # Whether the same call may succeed later and is safe to repeat.
    def retryable?
      @retryable
    end

    # All fields.
    def to_h
      { kind: kind, message: server_message, hint: hint, reason: reason, status: status, errors: errors,
        request_id: request_id, retry_after: retry_after, attempts: attempts, method: http_method, route: route,
        outcome_unknown: outcome_unknown?, retryable: retryable? }
    end

    # For pattern matching: `in {status: 503}`.
    def deconstruct_keys(_names)
      to_h
    end

    # @api private
    def self.from_json(json)
      fields = JSON.parse(json, max_nesting: 1000).transform_keys(&:to_sym)
      KINDS.fetch(fields[:kind], Error).new(**fields)
    end
  end

  # An argument or an option is invalid. Nothing was sent.
  class InvalidArgumentError < Error
    # @api private
    def self.because(message)
      new("invalid_argument: #{message}", message: message)
    end
  end

  # The server replied with an error. This class itself is for a status that has no class of its own.
  class ApiError < Error; end

  # 401: the credential is missing, or the server rejected it. See `reason`.
  class AuthenticationError < ApiError; end

  # 401: the account requires a one-time password (option `otp`).
  class OtpRequiredError < AuthenticationError; end

  # 401: the one-time password is wrong or was used before.
  class OtpInvalidError < AuthenticationError; end

  # 403: the credential is valid, but it does not permit this call.
  class PermissionDeniedError < ApiError; end

  # 404: the user does not exist.
  class NotFoundError < ApiError; end

  # The server does not have this endpoint.
  class UnsupportedError < ApiError; end

  # 422: the server rejected some fields. `errors` lists them.
  class ValidationError < ApiError; end

  # 429, or the rate limit resets later than the timeouts of the call allow. See `retry_after`.
  class RateLimitError < ApiError; end

  # 5xx: the server failed.
  class ServerError < ApiError; end

  # The connection failed, or it was lost before the whole reply arrived.
  class ConnectError < Error; end

  # The server's certificate was rejected, or the TLS handshake failed.
  class TlsError < Error; end

  # A timeout of the options expired. `Timeout.timeout` raises its own Timeout::Error.
  class TimeoutError < Error; end

  # The call was cancelled before its reply arrived, for example by a fork.
  class CancelledError < Error; end

  # The reply is not a valid reply of this endpoint.
  class DecodeError < Error; end

  # A bug in this library. Please report it with its text.
  class InternalError < Error; end

  # The class of each kind of error.
  KINDS = {
    'invalid_argument' => InvalidArgumentError,
    'unauthenticated' => AuthenticationError,
    'otp_required' => OtpRequiredError,
    'otp_invalid' => OtpInvalidError,
    'forbidden' => PermissionDeniedError,
    'not_found' => NotFoundError,
    'unsupported' => UnsupportedError,
    'validation' => ValidationError,
    'rate_limited' => RateLimitError,
    'server' => ServerError,
    'unexpected_status' => ApiError,
    'connect' => ConnectError,
    'tls' => TlsError,
    'timeout' => TimeoutError,
    'cancelled' => CancelledError,
    'decode' => DecodeError,
    'internal' => InternalError
  }.freeze
end
