import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import { useSaid } from './act';

interface Props extends Omit<ButtonProps, 'leftSection'> {
  /** Why it is not possible now; undefined when it is. */
  reason: string | undefined;
  onPress: () => void;
  icon?: ReactNode;
  children: ReactNode;
  /** The request under way that keeps it busy. */
  busyKey?: string;
  /** The key that presses it. */
  hint?: string;
  pressed?: boolean;
  /** A second press soon after the first is meant: a mute for a cough. */
  again?: boolean;
}

/** A button that says why it is disabled: to the pointer, to the keyboard and to a screen reader. */
export function ActionButton({ reason, onPress, icon, children, busyKey, hint, pressed, again = false, ...rest }: Props) {
  const id = useId();
  const busy = useSaid((said) => (busyKey ? said.busy[busyKey] ?? false : false));
  const disabled = reason !== undefined;
  return (
    <Tooltip label={reason || hint} disabled={!reason && !hint} multiline maw={280} events={{ hover: true, focus: true, touch: true }}>
      <Button
        variant="default" {...rest} leftSection={icon} data-disabled={disabled || undefined} aria-disabled={disabled || undefined}
        aria-describedby={reason ? id : undefined} aria-pressed={pressed} data-again={again || undefined} loading={busy}
        onClick={(event) => { if (!disabled && (again || event.detail < 2)) onPress(); }}
      >
        {children}
        {reason && <span id={id} className="unseen">{reason}</span>}
      </Button>
    </Tooltip>
  );
}
