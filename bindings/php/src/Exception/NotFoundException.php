<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 404: no such user. */
final class NotFoundException extends ApiException
{
}
