/**
 * Removes what looks like a secret from text that is about to be printed: user info and token parameters of URLs,
 * authorization headers, JSON fields that hold tokens or passwords.
 */
export function redact(text: string): string {
  return text
    .replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]+(?::[^\s/@]*)?@/gi, '$1***@')
    .replaceAll(/\b(authorization:\s*(?:basic|bearer)\s+)[^\s"',;]+/gi, '$1***')
    .replaceAll(/\b(bearer|basic)\s+[a-z0-9+/_=.-]{12,}/gi, '$1 ***')
    .replaceAll(/([?&](?:[a-z_-]*token|password|secret|signature|sig|x-amz-[a-z-]+|key)=)[^&\s"']+/gi, '$1***')
    .replaceAll(
      /("(?:access_token|refresh_token|identitytoken|registrytoken|token|password|secret|auth)"\s*:\s*")[^"]*"/gi,
      '$1***"',
    )
}
