<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 403: the credential is valid, but it does not permit this call. */
final class PermissionDeniedException extends ApiException
{
}
