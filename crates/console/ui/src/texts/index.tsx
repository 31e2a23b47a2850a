import { type ReactNode, useEffect } from 'react';
import { IntlProvider, useIntl } from 'react-intl';
import { create } from 'zustand';
import { de } from './de';
import { en } from './en';
import { inLanguage } from './refusals';

export type TextId = keyof typeof en;
export type Values = Record<string, string | number | Date | null | undefined>;
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;
const catalogues: Record<Language, Record<TextId, string>> = { en, de };

const CHOSEN = 'tandem.language';
function first(): Language {
  const chosen = localStorage.getItem(CHOSEN) ?? navigator.language.slice(0, 2);
  return chosen in LANGUAGES ? (chosen as Language) : 'en';
}

export const useLanguage = create<{ language: Language }>(() => ({ language: first() }));
export function setLanguage(language: Language): void {
  localStorage.setItem(CHOSEN, language);
  useLanguage.setState({ language });
}

/** What the server said, in the language of the pages where that is known. */
export const translated = (said: string): string => inLanguage(said, useLanguage.getState().language);

export function Texts({ children }: { children: ReactNode }) {
  const { language } = useLanguage();
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return (
    <IntlProvider locale={language} messages={catalogues[language]} defaultLocale="en">
      {children}
    </IntlProvider>
  );
}

export function useText() {
  const intl = useIntl();
  return (id: TextId, values?: Values): string => intl.formatMessage({ id }, values as Record<string, string | number>);
}

/** "Ana, Ben and Dana", as the language joins them. */
export function useList() {
  const intl = useIntl();
  return (items: string[]): string => intl.formatList(items, { type: 'conjunction' });
}
