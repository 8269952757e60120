<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** The server replied with an error. This class itself: a status without a class of its own. */
class ApiException extends AuraException
{
}
