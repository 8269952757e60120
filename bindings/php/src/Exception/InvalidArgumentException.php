<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** An argument or an option is invalid. Nothing was sent. */
final class InvalidArgumentException extends AuraException
{
    /** @internal */
    public static function because(string $message): self
    {
        return new self(['kind' => 'invalid_argument', 'code' => 10, 'message' => $message,
            'text' => "invalid_argument: $message"]);
    }
}
