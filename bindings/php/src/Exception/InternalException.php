<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** A bug in this library. Please report it with its message. */
final class InternalException extends AuraException
{
}
