import { SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { client, take } from '../api/client';
import { useText } from '../texts';
import { usePages } from './nav';

export function Overview() {
  const text = useText();
  const pages = usePages();
  const usage = useQuery({ queryKey: ['usage'], queryFn: () => take(client.GET('/v1/usage')), refetchInterval: 10_000 });
  return (
    <Stack>
      <Title order={1} size="h3">{text('nav.admin')}</Title>
      {usage.data && (
        <Stack className="panel" gap={4} component="section" aria-labelledby="usage">
          <Title order={2} size="h5" id="usage">{text('admin.usage')}</Title>
          <Text>{text('admin.usage_now', { now: usage.data.current.total, limit: usage.data.limit, peak: usage.data.peak.total, internal: usage.data.current.internal })}</Text>
        </Stack>
      )}
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
        {pages.map((page) => (
          <Link key={page.to} to={page.to} className="panel" style={{ textDecoration: 'none', color: 'inherit' }}>
            <Title order={2} size="h5">{text(page.name)}</Title>
            <Text size="sm" c="dimmed">{text(`${page.name}.text`)}</Text>
          </Link>
        ))}
      </SimpleGrid>
    </Stack>
  );
}
