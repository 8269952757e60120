<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** The connection failed, or it was lost before the whole reply arrived. */
final class ConnectException extends AuraException
{
}
