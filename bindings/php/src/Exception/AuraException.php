<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/**
 * The parent of all errors of a call. `getMessage()` is the whole text for a user or a log. It contains no secret, and
 * no username or address except those that the server's message repeats. `getCode()` is the number of the kind in C.
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

    /** The members of an error's JSON, for those that an error of this package does not set. */
    private const MEMBERS = ['attempts' => 0, 'code' => 0, 'errors' => null, 'hint' => null, 'kind' => '',
        'message' => null, 'method' => null, 'outcome_unknown' => false, 'reason' => null, 'request_id' => null,
        'retry_after_ms' => null, 'retryable' => false, 'route' => null, 'status' => null, 'text' => ''];

    /** @var array<string, mixed> */
    private readonly array $fields;
    /** The name of the kind, such as `not_found`. It is the same in every language. */
    public readonly string $kind;
    /** The server's own message if it sent one, otherwise the library's. */
    public readonly ?string $serverMessage;
    /** What to do next, if the library knows more than the message. */
    public readonly ?string $hint;
    /** Why the server rejected a credential or an account, such as `revoked_credential`. */
    public readonly ?string $reason;
    /** The HTTP status of the reply; null if none arrived. */
    public readonly ?int $status;
    /**
     * The field errors of a 422, nested as the server sent them.
     *
     * @var array<string, mixed>|null
     */
    public readonly ?array $errors;
    /** The x-request-id of the reply, for the server's operators. */
    public readonly ?string $requestId;
    /** How many seconds the server asks you to wait before you try again. */
    public readonly ?float $retryAfter;
    /** How many times the request was sent. It is 0 if nothing was sent. */
    public readonly int $attempts;
    /** The method of the request. */
    public readonly ?string $method;
    /** The route of the request without its parameters, such as `/users/{username_or_email}`. */
    public readonly ?string $route;
    /**
     * Whether the server may have completed a createUser() or resetUserPassword() that failed. Then check before you
     * repeat it.
     */
    public readonly bool $outcomeUnknown;
    /** Whether the same call may succeed later and is safe to repeat. */
    public readonly bool $retryable;

    /**
     * Creates an error from the members of its JSON.
     *
     * @param array<string, mixed> $fields
     */
    final public function __construct(array $fields)
    {
        $fields = array_replace(self::MEMBERS, $fields);
        parent::__construct($fields['text'], $fields['code']);
        $this->fields = $fields;
        $this->kind = $fields['kind'];
        $this->serverMessage = $fields['message'];
        $this->hint = $fields['hint'];
        $this->reason = $fields['reason'];
        $this->status = $fields['status'];
        $this->errors = $fields['errors'];
        $this->requestId = $fields['request_id'];
        $this->retryAfter = $fields['retry_after_ms'] === null ? null : $fields['retry_after_ms'] / 1000;
        $this->attempts = $fields['attempts'];
        $this->method = $fields['method'];
        $this->route = $fields['route'];
        $this->outcomeUnknown = $fields['outcome_unknown'];
        $this->retryable = $fields['retryable'];
    }

    /**
     * Returns all members of the error's JSON.
     *
     * @return array<string, mixed>
     */
    public function jsonSerialize(): array
    {
        return $this->fields;
    }

    /**
     * Omits the trace, because PHP cannot serialize all arguments in it.
     *
     * @return array{array<string, mixed>, string, int}
     */
    public function __serialize(): array
    {
        return [$this->fields, $this->file, $this->line];
    }

    /** @param array{array<string, mixed>, string, int} $data */
    public function __unserialize(array $data): void
    {
        $this->__construct($data[0]);
        [, $this->file, $this->line] = $data;
    }

    /** @internal */
    public static function fromJson(string $json): self
    {
        $fields = json_decode($json, true, 100_000, JSON_THROW_ON_ERROR);
        $class = self::KINDS[$fields['kind']] ?? self::class;
        return new $class($fields);
    }
}
