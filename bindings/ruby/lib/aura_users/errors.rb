# frozen_string_literal: true

require 'json'

module AuraUsers
  # Any failure of this library. Its text says what to do next, and contains no secret, name or address except
  # for what the server's own message repeats.
  class Error < StandardError
    # What went wrong, one word for every language of this library: `:not_found` and the like.
    attr_reader :kind
    # The server's own message if it sent one, else the library's. `message` is the whole text.
    attr_reader :server_message
    # What to do next, if the library knows more than the message says.
    attr_reader :hint
    # Why a credential or an account was refused, such as `revoked_credential`.
    attr_reader :reason
    # The HTTP status, if a reply came.
    attr_reader :status
    # The field errors of a 422, a Hash as the server nests them.
    attr_reader :errors
    # The server's x-request-id: its operators find the call by it.
    attr_reader :request_id
    # How many seconds to wait before trying again, if the server says so.
    attr_reader :retry_after
    # How many times the request was sent: 0 if nothing was sent.
    attr_reader :attempts
    # The request's method. (`method` is Object's own.)
    attr_reader :http_method
    # The request's route without its parameters: `/users/{username_or_email}`.
    attr_reader :route

    # Makes an error as the library does, from the members of its JSON.
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

    # Whether the server may have carried out a create_user or reset_user_password that failed. Then look before
    # you repeat it.
    def outcome_unknown?
      @outcome_unknown
    end

    # Whether the same call may succeed later, and repeating it is safe.
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

  # The caller's mistake; nothing was sent.
  class InvalidArgumentError < Error
    # @api private
    def self.because(message)
      new("invalid_argument: #{message}", message: message)
    end
  end

  # The server replied, and not with success. Itself: a status that has no class of its own.
  class ApiError < Error; end

  # 401: no credential, or one the server does not take; `reason` says more.
  class AuthenticationError < ApiError; end

  # 401: the account asks for a one-time password (option `otp`).
  class OtpRequiredError < AuthenticationError; end

  # 401: the one-time password is wrong or was used before.
  class OtpInvalidError < AuthenticationError; end

  # 403: the credential is known but may not do this.
  class PermissionDeniedError < ApiError; end

  # 404: no such user.
  class NotFoundError < ApiError; end

  # This server has no such endpoint.
  class UnsupportedError < ApiError; end

  # 422: the server refused the fields; `errors` says which and why.
  class ValidationError < ApiError; end

  # 429, or the rate limit's window is longer than the call may wait; see `retry_after`.
  class RateLimitError < ApiError; end

  # 5xx: the fault is the server's. Its operators find the call by `request_id`.
  class ServerError < ApiError; end

  # No connection, or it broke before a whole reply came.
  class ConnectError < Error; end

  # The server's certificate was refused, or the TLS handshake failed.
  class TlsError < Error; end

  # The time allowed by the options ran out. `Timeout.timeout` raises its own Timeout::Error.
  class TimeoutError < Error; end

  # The call was ended before its reply came, in the child of a fork, say.
  class CancelledError < Error; end

  # The reply is not what this endpoint gives.
  class DecodeError < Error; end

  # A defect of this library: please report it, with its text.
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
