import { Anchor, Stack, Text, Title } from '@mantine/core';
import { useText } from '../texts';

export function Missing() {
  const text = useText();
  return (
    <Stack p="xl" align="flex-start">
      <Title order={1} size="h2">{text('missing.title')}</Title>
      <Text>{text('missing.text')}</Text>
      <Anchor href="/console/">{text('missing.home')}</Anchor>
    </Stack>
  );
}
