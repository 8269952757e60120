<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** The reply is not a valid reply of this endpoint. */
final class DecodeException extends AuraException
{
    /** @internal */
    public static function because(string $message): self
    {
        return new self(['kind' => 'decode', 'code' => 60, 'message' => $message, 'text' => "decode: $message"]);
    }
}
