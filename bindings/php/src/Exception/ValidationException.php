<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 422: the server refused the fields; `errors` says which and why. */
final class ValidationException extends ApiException
{
}
