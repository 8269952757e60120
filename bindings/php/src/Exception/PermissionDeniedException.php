<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 403: the credential is known but may not do this. */
final class PermissionDeniedException extends ApiException
{
}
