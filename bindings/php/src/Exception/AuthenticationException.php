<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 401: the credential is missing, or the server rejected it; see `reason`. */
class AuthenticationException extends ApiException
{
}
