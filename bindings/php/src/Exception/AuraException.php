<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/**
 * Any failure of a call. `getMessage()` says what to do next, and contains no secret, name or address except for what
 * the server's own message repeats. `getCode()` is the number of the kind in C.
 */
class AuraException extends \RuntimeException implements \JsonSerializable
{
    /** The class of each kind of error. */
    public const KINDS = [
        'invalid_argument' => InvalidArgumentException::class,
        'unauthenticated' => AuthenticationException::class,
        'otp_required' => OtpRequiredException::class,
        'otp_invalid' => OtpInvalidException::class,
        'forbidden' => PermissionDeniedException::class,
        'not_found' => NotFoundException::class,
        'unsupported' => UnsupportedException::class,
        'validation' => ValidationException::class,
        'rate_limited' => RateLimitException::class,
        'server' => ServerException::class,
        'unexpected_status' => ApiException::class,
        'connect' => ConnectException::class,
        'tls' => TlsException::class,
        'timeout' => TimeoutException::class,
        'cancelled' => CancelledException::class,
        'decode' => DecodeException::class,
        'internal' => InternalException::class,
    ];

    /** What went wrong, one word for every language of this library: `not_found` and the like. */
    public readonly string $kind;
    /** The server's own message if it sent one, else the library's. `getMessage()` is the whole text. */
    public readonly ?string $serverMessage;
    /** What to do next, if the library knows more than the message says. */
    public readonly ?string $hint;
    /** Why a credential or an account was refused, such as `revoked_credential`. */
    public readonly ?string $reason;
    /** The HTTP status, if a reply came. */
    public readonly ?int $status;
    /**
     * The field errors of a 422, as the server nests them.
     *
     * @var array<string, mixed>|null
     */
    public readonly ?array $errors;
    /** The server's x-request-id: its operators find the call by it. */
    public readonly ?string $requestId;
    /** How many seconds to wait before trying again, if the server says so. */
    public readonly ?float $retryAfter;
    /** How many times the request was sent: 0 if nothing was sent. */
    public readonly int $attempts;
    /** The request's method. */
    public readonly ?string $method;
    /** The request's route without its parameters: `/users/{username_or_email}`. */
    public readonly ?string $route;
    /**
     * Whether the server may have carried out a createUser() or resetUserPassword() that failed. Then look before you
     * repeat it.
     */
    public readonly bool $outcomeUnknown;
    /** Whether the same call may succeed later, and repeating it is safe. */
    public readonly bool $retryable;

    /**
     * Makes an error from the members of its JSON, as the library names them.
     *
     * @param array<string, mixed> $fields
     */
    final public function __construct(private readonly array $fields)
    {
        parent::__construct($fields['text'], $fields['code']);
        $this->kind = $fields['kind'];
        $this->serverMessage = $fields['message'] ?? null;
        $this->hint = $fields['hint'] ?? null;
        $this->reason = $fields['reason'] ?? null;
        $this->status = $fields['status'] ?? null;
        $this->errors = $fields['errors'] ?? null;
        $this->requestId = $fields['request_id'] ?? null;
        $this->retryAfter = isset($fields['retry_after_ms']) ? $fields['retry_after_ms'] / 1000 : null;
        $this->attempts = $fields['attempts'] ?? 0;
        $this->method = $fields['method'] ?? null;
        $this->route = $fields['route'] ?? null;
        $this->outcomeUnknown = $fields['outcome_unknown'] ?? false;
        $this->retryable = $fields['retryable'] ?? false;
    }

    /**
     * All members of the error's JSON, as every language of this library has them.
     *
     * @return array<string, mixed>
     */
    public function jsonSerialize(): array
    {
        return $this->fields;
    }

    /** @internal */
    public static function fromJson(string $json): self
    {
        $fields = json_decode($json, true, 100_000, JSON_THROW_ON_ERROR);
        $class = self::KINDS[$fields['kind']] ?? self::class;
        return new $class($fields);
    }
}
