<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 401: no credential, or one the server does not take; `reason` says more. */
class AuthenticationException extends ApiException
{
}
