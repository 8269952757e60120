<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** 404: the user does not exist. */
final class NotFoundException extends ApiException
{
}
