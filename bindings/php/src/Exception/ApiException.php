<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** The server replied, and not with success. Itself: a status that has no class of its own. */
class ApiException extends AuraException
{
}
