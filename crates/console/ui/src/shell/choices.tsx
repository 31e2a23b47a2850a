import { ActionIcon, Menu, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconLanguage, IconMoon, IconSun } from '@tabler/icons-react';
import { LANGUAGES, type Language, setLanguage, useLanguage, useText } from '../texts';

export function SchemeButton() {
  const text = useText();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const label = text(scheme === 'dark' ? 'scheme.light' : 'scheme.dark');
  return (
    <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} title={label} onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}>
      {scheme === 'dark' ? <IconSun size={20} /> : <IconMoon size={20} />}
    </ActionIcon>
  );
}

export function LanguageMenu() {
  const text = useText();
  const { language } = useLanguage();
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={text('language')} title={text('language')}><IconLanguage size={20} /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(LANGUAGES) as Language[]).map((code) => (
          <Menu.Item key={code} lang={code} onClick={() => setLanguage(code)} fw={code === language ? 700 : 400}>{LANGUAGES[code]}</Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
