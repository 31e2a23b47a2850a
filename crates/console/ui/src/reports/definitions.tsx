import { Title } from '@mantine/core';
import { useText } from '../texts';
import type { Answer } from './api';
import { useTitle } from './title';

/** What every number above means, as the server counts it. */
export function Definitions({ answer }: { answer: Answer }) {
  const text = useText();
  const title = useTitle();
  return (
    <section className="panel" aria-labelledby="definitions">
      <Title order={2} size="h5" id="definitions" mb="xs">{text('reports.definitions')}</Title>
      <dl className="definitions">
        {answer.columns.filter((column) => answer.definition_of[column.name]).map((column) => (
          <div key={column.name}>
            <dt>{title(column)}</dt>
            <dd id={`definition-${column.name}`} lang="en">{answer.definition_of[column.name]}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
