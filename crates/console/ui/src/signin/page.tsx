import { Alert, Anchor, Badge, Button, Card, Center, Group, PasswordInput, SimpleGrid, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconChartBar, IconHeadset, IconSettings, IconStethoscope, IconUsersGroup } from '@tabler/icons-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { type Practice, useStart } from '../api/queries';
import { SignInRefused, signIn, useSession } from '../api/session';
import { type TextId, useText } from '../texts';
import { LanguageMenu, SchemeButton } from '../shell/choices';

const PERSONAS = {
  agent: IconHeadset,
  specialist: IconStethoscope,
  supervisor: IconUsersGroup,
  analyst: IconChartBar,
  administrator: IconSettings,
} as const;
type Persona = keyof typeof PERSONAS;

export function SignIn() {
  const text = useText();
  const start = useStart();
  const ended = useSession((session) => session.ended);
  const practice = start.data?.practice ?? null;
  useEffect(() => {
    document.title = 'Tandem';
  }, []);
  usePersonaOfAddress(practice);
  return (
    <Stack component="main" p="md" maw={1080} mx="auto" gap="xl">
      <Group justify="flex-end" gap="xs"><LanguageMenu /><SchemeButton /></Group>
      <Stack align="center" gap={4}>
        <Title order={1}>Tandem</Title>
        <Text c="dimmed" ta="center">{text('signin.lead')}</Text>
      </Stack>
      {ended === 'idle' && <Alert color="yellow" maw={420} mx="auto" w="100%">{text('idle.over')}</Alert>}
      {ended === 'expired' && <Alert color="yellow" maw={420} mx="auto" w="100%">{text('signin.expired')}</Alert>}
      {practice && <Personas practice={practice} />}
      <Center><Form /></Center>
    </Stack>
  );
}

/** A persona card opens a tab of its own, already signed in: `?persona=dora`. */
function usePersonaOfAddress(practice: Practice | null) {
  const asked = useRef(false);
  useEffect(() => {
    const wanted = new URLSearchParams(location.search).get('persona');
    if (asked.current || !wanted || !practice?.people.some((person) => person.username === wanted)) return;
    asked.current = true;
    history.replaceState(null, '', location.pathname);
    void signIn(wanted, practice.password).catch(() => undefined);
  }, [practice]);
}

function Personas({ practice }: { practice: Practice }) {
  const text = useText();
  const kinds = Object.keys(PERSONAS) as Persona[];
  return (
    <Stack component="section" aria-labelledby="personas" gap="md">
      <Stack gap={2} align="center">
        <Title order={2} size="h4" id="personas">{text('signin.practice')}</Title>
        <Text c="dimmed" size="sm" ta="center">{text('signin.practice_lead')}</Text>
      </Stack>
      <SimpleGrid cols={{ base: 1, xs: 2, sm: 3, md: 5 }}>
        {kinds.map((kind) => {
          const people = practice.people.filter((person) => person.persona === kind && person.free);
          const Icon = PERSONAS[kind];
          return (
            <Card key={kind} withBorder padding="md" component="section" aria-labelledby={`persona-${kind}`}>
              <Stack gap="sm" h="100%">
                <Group gap="xs"><Icon size={22} aria-hidden /><Title order={3} size="h5" id={`persona-${kind}`}>{text(`persona.${kind}` as TextId)}</Title></Group>
                <Text size="sm" style={{ flex: 1 }}>{text(`persona.${kind}.text` as TextId)}</Text>
                {people.map((person) => (
                  <Button key={person.username} size="xs" variant="light" component="a" target="_blank" rel="opener" href={`/console/?persona=${person.username}`}>
                    {person.display_name.replace(/ \(.*\)$/, '')}
                  </Button>
                ))}
              </Stack>
            </Card>
          );
        })}
      </SimpleGrid>
      <Group justify="center" gap="xs">
        <Badge variant="light" color="gray" tt="none">{text('signin.password', { password: practice.password })}</Badge>
        <Anchor size="sm" href="/docs">{text('signin.api')}</Anchor>
      </Group>
    </Stack>
  );
}

function Form() {
  const text = useText();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setRefused(null);
    try {
      await signIn(username.trim(), password);
    } catch (error) {
      setRefused(error instanceof SignInRefused ? text('signin.refused') : text('signin.unreachable'));
      setBusy(false);
    }
  };
  return (
    <Card withBorder w={360} maw="100%" padding="lg" component="section" aria-labelledby="signin">
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <Title order={2} size="h4" id="signin">{text('signin.title')}</Title>
          {refused && <Alert color="red" role="alert">{refused}</Alert>}
          <TextInput label={text('signin.username')} autoComplete="username" value={username} onChange={(event) => setUsername(event.currentTarget.value)} required />
          <PasswordInput label={text('signin.password_label')} autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} required
            visibilityToggleButtonProps={{ 'aria-label': text('signin.show_password') }} />
          <Button type="submit" loading={busy}>{text('signin.submit')}</Button>
        </Stack>
      </form>
    </Card>
  );
}
