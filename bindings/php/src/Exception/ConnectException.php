<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** No connection, or it broke before a whole reply came. */
final class ConnectException extends AuraException
{
}
